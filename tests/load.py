"""A steady stream of reads, as many a second as asked for, and what became of each."""

import http.client
import itertools
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tests.http_client import Headers, HttpClient, Reply
from tests.threads import Threads


@dataclass(frozen=True)
class Outcome:
    """One read: when it began (seconds of the monotonic clock), how long it took, and the reply or what broke."""

    began: float
    seconds: float
    target: str
    reply: Reply | None
    error: Exception | None = None

    @property
    def served_by(self) -> str | None:
        return self.reply.header("X-Served-By") if self.reply else None

    @property
    def succeeded(self) -> bool:
        return self.reply is not None and self.reply.status == 200

    def __str__(self) -> str:
        return f"{self.target} after {self.seconds:.3f} s: {self.error!r} {self.reply or ''}"


class Load(Threads):
    """While it is entered, reads the targets in turn, `rate` a second, by at most `clients` at the same time.

    Each read reaches a service, past the gateway's cache, unless other `headers` are given.
    """

    def __init__(
        self,
        url: str,
        targets: Sequence[str],
        rate: float = 200,
        clients: int = 32,
        headers: Headers = (("Cache-Control", "no-cache"),),
    ) -> None:
        super().__init__(*[self._read] * clients)
        self._url = url
        self._headers = headers
        self._targets = itertools.cycle(targets)
        self._tickets = itertools.count()
        self._lock = threading.Lock()
        self._rate = rate
        self._started = 0.0
        self.outcomes: list[Outcome] = []

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        return super().__enter__()

    def since(self, moment: float) -> list[Outcome]:
        """Return the outcomes so far of the reads that began at the moment or later."""
        return [outcome for outcome in list(self.outcomes) if outcome.began >= moment]

    def failures(self) -> list[Outcome]:
        """Return the outcomes so far that are not 200."""
        return [outcome for outcome in list(self.outcomes) if not outcome.succeeded]

    def _read(self) -> None:
        with HttpClient(self._url) as client:
            while True:
                with self._lock:
                    due, target = self._started + next(self._tickets) / self._rate, next(self._targets)
                if self.over.wait(due - time.monotonic()):
                    return
                self.outcomes.append(_outcome(client, target, self._headers))


def _outcome(client: HttpClient, target: str, headers: Headers) -> Outcome:
    began = time.monotonic()
    try:
        reply = client.get(target, headers)
    except (OSError, http.client.HTTPException) as error:
        return Outcome(began, time.monotonic() - began, target, None, error)
    return Outcome(began, time.monotonic() - began, target, reply)
