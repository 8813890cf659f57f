"""Whether a database server says anything at all: a slow one is waited for, a frozen one is not.

libpq waits as long as the connection stands, and that of a frozen server stands. So whoever has waited for a moment has
the server asked, over a new connection, whether it is there. Any answer will do, a refusal too. While there is none
nobody waits: connecting fails at once, until the same question is answered.
"""

import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from time import monotonic
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

# Seconds of waiting after which a server is asked; of silence, over all connections, after which it counts as gone (on
# a machine that is very busy, connecting may take one or more); for which its answer is believed; and between looks.
SUSPICIOUS, SILENT, _BELIEVED, _LOOK = 0.2, 2.0, 0.4, 0.05
CONNECT_TIMEOUT = 2
_SAID = "the database is silent"
READINESS = 0.8
"""Seconds within which a database has to answer for a service to be ready: who asks wants to know within one."""

Connection = psycopg.Connection[Any]


class Pulse:
    """What a process knows of one server; all its threads share this."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: float | None = None
        self._answered = self._heard = float("-inf")
        self._mine = threading.local()
        self.silent = False

    @contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """Let this thread wait no longer than that, outside of a transaction, while nobody is answered."""
        self._mine.seconds, self._mine.since = seconds, monotonic()
        try:
            yield
        finally:
            del self._mine.seconds

    def connect(self, connect: Callable[..., Connection], **parameters: Any) -> Connection:
        """Return what `connect` makes of the parameters; raise OperationalError when the server is silent.

        Reads on the connection, which are outside of a transaction, are given up as well. What is inside of one may be
        a write: it waits, because nobody could tell whether it was done.
        """
        self.check()
        made: Future[Connection] = Future()
        since = monotonic()
        threading.Thread(target=_make, args=[made, connect, parameters], daemon=True).start()
        while not wait([made], _LOOK).done:
            if self._in_vain(since, parameters):
                made.add_done_callback(_close)
                raise psycopg.OperationalError(_SAID)
        connection = made.result()
        self._heard = monotonic()
        return self._attended(connection, parameters)

    def check(self) -> None:
        """Raise OperationalError where waiting is in vain."""
        if self.silent:
            raise psycopg.OperationalError(_SAID)

    def _attended(self, connection: Connection, parameters: dict[str, Any]) -> Connection:
        plain = connection.wait

        def patient(gen: Any, interval: float = _LOOK, timeout: float | None = None) -> Any:
            in_transaction = connection.pgconn.transaction_status != TransactionStatus.IDLE
            if not connection.autocommit or in_transaction:
                return plain(gen, interval, timeout)
            return plain(self._watched(gen, connection, parameters), _LOOK, timeout)

        connection.wait = patient  # type: ignore[method-assign]
        return connection

    def _watched(
        self, gen: Generator[Any, Any, Any], connection: Connection, parameters: dict[str, Any]
    ) -> Generator[Any, Any, Any]:
        """Pass everything on between psycopg and what it waits for, and end it when that is in vain."""
        try:
            state = next(gen)
            since = monotonic()
            while True:
                ready = yield state
                if ready:
                    since = monotonic()
                elif self._in_vain(since, parameters):
                    connection.pgconn.finish()
                    raise psycopg.OperationalError(_SAID)
                state = gen.send(ready)
        except StopIteration as end:
            self._heard = monotonic()
            return end.value

    def _in_vain(self, since: float, parameters: dict[str, Any]) -> bool:
        """Tell whether who waits since then waits for a server that is silent, and have it asked."""
        now = monotonic()
        if hasattr(self._mine, "seconds") and now - max(self._mine.since, self._heard) >= self._mine.seconds:
            return True
        with self._lock:
            if self._asked is None:
                if now - max(since, self._answered + _BELIEVED - SUSPICIOUS) >= SUSPICIOUS:
                    self._asked = now
                    threading.Thread(target=self._ask, args=[parameters], daemon=True).start()
            elif now - max(self._asked, self._heard) >= SILENT:
                self.silent = True
            return self.silent

    def _ask(self, parameters: dict[str, Any]) -> None:
        while not _answers(parameters):
            pass
        with self._lock:
            self._asked, self._answered = None, monotonic()
            self.silent = False


def _answers(parameters: dict[str, Any]) -> bool:
    try:
        psycopg.connect(**parameters | {"connect_timeout": CONNECT_TIMEOUT}).close()
    except psycopg.errors.ConnectionTimeout:
        return False
    except psycopg.Error:
        pass  # that it is not there, or takes no more connections, is an answer too
    return True


def _make(made: Future[Connection], connect: Callable[..., Connection], parameters: dict[str, Any]) -> None:
    try:
        made.set_result(connect(**parameters))
    except BaseException as error:
        made.set_exception(error)


def _close(made: Future[Connection]) -> None:
    """Close what nobody waits for any more."""
    if made.exception() is None:
        made.result().close()
