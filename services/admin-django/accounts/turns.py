"""Who may hash a password, and when: one at a time, a few who wait, and nobody else.

A hash takes 100 MiB and every core for a tenth of a second. Who waits for one holds a thread, so only so many may wait
that of the threads for logins (`worker.py`) one is left to send the others away. Of those who come together, the
one who has tried in vain least often goes first, and takes the place of whoever waits and has tried more often.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

AT_ONCE = 1
WAITING = 2
LOGIN_THREADS = AT_ONCE + WAITING + 1
PATIENCE = 10.0  # seconds, on a machine so busy that a hash takes some of them
RETRY_AFTER = 1  # seconds


class NoTurn(Exception):
    """Others hash at the moment, or the client has left: nothing was hashed."""


@dataclass
class Visit:
    """The request that a thread is at work on."""

    rank: float  # the lower, the sooner
    has_left: Callable[[], bool]
    has_turn: bool = False


visit: ContextVar[Visit | None] = ContextVar("visit", default=None)


@dataclass(order=True)
class _Waiting:
    rank: float
    number: int
    decided: threading.Event = field(default_factory=threading.Event, compare=False)
    has_turn: bool = field(default=False, compare=False)


class Turns:
    """Turns to hash. `room` is how many may wait."""

    def __init__(self, at_once: int, room: int) -> None:
        self._free = at_once
        self._room = room
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._numbers = itertools.count()

    def take(self, rank: float, patience: float | None) -> None:
        """Take a turn, after at most `patience` seconds. Raises NoTurn; never with patience None."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = _Waiting(rank, next(self._numbers))
            if patience is not None and len(self._waiting) >= self._room:
                last = max(self._waiting)
                if last < mine:
                    raise NoTurn
                self._waiting.remove(last)
                last.decided.set()
            self._waiting.append(mine)
        mine.decided.wait(patience)
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
        if not mine.has_turn:
            raise NoTurn

    def give_back(self) -> None:
        """Let the next one have the turn."""
        with self._lock:
            if not self._waiting:
                self._free += 1
                return
            first = min(self._waiting)
            self._waiting.remove(first)
            first.has_turn = True
            first.decided.set()


turns = Turns(AT_ONCE, WAITING)


@contextmanager
def turn() -> Iterator[None]:
    """Have the current thread's turn inside. Raises NoTurn; outside of a request, as in a command, it waits."""
    who = visit.get()
    if who is not None and who.has_turn:
        _stay(who)
        yield
        return
    if who is None:
        turns.take(0, None)
    else:
        turns.take(who.rank, PATIENCE)
    try:
        if who is not None:
            _stay(who)
        yield
    finally:
        turns.give_back()


def _stay(who: Visit) -> None:
    if who.has_left():
        raise NoTurn
