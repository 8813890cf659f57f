"""The keys of the database, as this process knows them: a few seconds old at most."""

import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import SigningKey

MAX_AGE = 2.0
UNKNOWN_KEY_INTERVAL = 1.0  # seconds between two looks into the database for keys that do not exist


class NoKeys(Exception):
    """There is no key that could sign: the bootstrap step has not been run."""


@dataclass(frozen=True)
class _Known:
    keys: Mapping[str, SigningKey]
    at: float


class KeyRing:
    """All keys that verify, by id. Threads that need them at the same time ask the database once."""

    def __init__(self) -> None:
        self._known = _Known({}, at=float("-inf"))
        self._lock = Lock()
        self._flight: Future[_Known] | None = None

    def published(self) -> list[SigningKey]:
        """Return the keys that verify, in the order in which they sign, the next one last."""
        return list(self._fresh(MAX_AGE).keys.values())

    def current(self) -> SigningKey:
        """Return the key that signs now. Raises NoKeys."""
        now = datetime.now(UTC)
        signing = [key for key in self.published() if key.signs_from and key.signs_from <= now]
        if not signing:
            raise NoKeys("there is no signing key")
        return max(signing, key=lambda key: key.signs_from or now)

    def get(self, kid: str) -> SigningKey | None:
        """Return the key of this id; an unknown one is looked for in the database, once a second at most."""
        return self._fresh(MAX_AGE).keys.get(kid) or self._fresh(UNKNOWN_KEY_INTERVAL).keys.get(kid)

    def forget(self) -> None:
        """Ask the database the next time."""
        self._known = _Known({}, at=float("-inf"))

    def _fresh(self, max_age: float) -> _Known:
        """Return what was read less than `max_age` ago, or read it; raise what the database raises."""
        with self._lock:
            if time.monotonic() - self._known.at < max_age:
                return self._known
            flight, mine = self._flight, self._flight is None
            if flight is None:
                flight = self._flight = Future()
        if mine:
            try:
                self._known = _read()
                flight.set_result(self._known)
            except BaseException as error:
                flight.set_exception(error)
            finally:
                with self._lock:
                    self._flight = None
        return flight.result()


def _read() -> _Known:
    at = time.monotonic()
    still_verify = Q(verifies_until=None) | Q(verifies_until__gt=Now())
    keys = SigningKey.objects.filter(still_verify).order_by(F("signs_from").asc(nulls_last=True))
    return _Known({key.kid: key for key in keys}, at)


ring = KeyRing()
