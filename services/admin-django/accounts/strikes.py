"""How often each client has tried in vain lately, in this process's memory; and who is answered at once."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from accounts.turns import RETRY_AFTER

MOST = 10_000  # clients that are remembered
HALVED_AFTER = 60.0  # seconds in which half of it is forgotten
AT_ONCE = 100.0  # refusals a second that are sent at once
HELD = 2.0  # seconds that the others are kept


@dataclass
class _Client:
    strikes: float = 0
    at: float = 0
    again_at: float = 0


class Strikes:
    """Clients and their strikes: a wrong password, or coming again before the time that Retry-After named."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: OrderedDict[str, _Client] = OrderedDict()
        self._at_once, self._counted_at = AT_ONCE, 0.0

    def come(self, who: str) -> tuple[float, bool]:
        """Return the client's strikes, and whether it comes before its time, which is one more."""
        now = time.monotonic()
        with self._lock:
            client = self._client(who, now)
            early = now < client.again_at
            client.strikes += early
            return client.strikes, early

    def strike(self, who: str) -> None:
        """Note a try that was in vain."""
        with self._lock:
            self._client(who, time.monotonic()).strikes += 1

    def refuse(self, who: str, early: bool) -> float:
        """Note that the client is told to come again, and return for how many seconds to keep the answer back.

        A client that asks again and again without waiting would otherwise cost a core, whatever it is told. Half of
        what is answered at once is for those who come in time.
        """
        now = time.monotonic()
        with self._lock:
            self._at_once = min(AT_ONCE, self._at_once + (now - self._counted_at) * AT_ONCE)
            self._counted_at = now
            held = HELD if self._at_once < (AT_ONCE / 2 if early else 1) else 0.0
            if not held:
                self._at_once -= 1
            self._client(who, now).again_at = now + held + RETRY_AFTER * 0.9  # the way takes time, too
            return held

    def _client(self, who: str, now: float) -> _Client:
        client = self._clients.setdefault(who, _Client(at=now))
        self._clients.move_to_end(who)
        if len(self._clients) > MOST:
            self._clients.popitem(last=False)
        client.strikes *= 0.5 ** ((now - client.at) / HALVED_AFTER)
        client.strikes = client.strikes if client.strikes >= 0.5 else 0
        client.at = now
        return client
