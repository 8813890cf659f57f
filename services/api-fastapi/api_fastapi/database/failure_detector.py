"""Whether a database server says anything at all: a slow one is waited for, a frozen one is not.

Who has waited for a moment has it asked, over a new connection, whether it is there. Any answer will do, a refusal too.
While there is none nobody waits: reads fail at once, until the same question is answered.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from triptych_shared.pulse import CONNECT_TIMEOUT, SILENT, SUSPICIOUS

from api_fastapi.database.errors import DatabaseUnavailableError, TooSlowError

T = TypeVar("T")

# Seconds for which a server that stopped a statement counts as slow.
_SLOW = 5


class FailureDetector:
    """What is known of one server; everybody who waits for it shares this."""

    def __init__(self, conninfo: Callable[[], str]) -> None:
        """Ask where `conninfo` leads."""
        self._conninfo = conninfo
        self.silent = False
        # when anything was answered last, by the event loop's clock
        self.heard = 0.0
        self._slow = float("-inf")
        self._give_up: list[Callable[[], None]] = []
        self._asking: asyncio.Task[None] | None = None

    def check(self) -> None:
        """Raise DatabaseUnavailableError where waiting is in vain."""
        if self.silent:
            raise DatabaseUnavailableError("the database is silent")

    def too_slow(self) -> TooSlowError:
        """Return what to raise when the server has stopped a statement that took too long."""
        self._slow = asyncio.get_running_loop().time()
        return TooSlowError("the database took too long for this")

    def busy(self, message: str = "all connections to the database are busy") -> DatabaseUnavailableError:
        """Return what to raise when no turn comes in time: another service may have one, unless statements are slow."""
        if asyncio.get_running_loop().time() - self._slow < _SLOW:
            return TooSlowError(message)
        return DatabaseUnavailableError(message)

    def suspect(self, give_up: Callable[[], None]) -> None:
        """Find out whether the server is there; call `give_up` if it is not, which may be too late by then."""
        self._give_up.append(give_up)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())

    async def wait(self, work: Coroutine[Any, Any, T], deadline: float, patience: float | None = None) -> T:
        """Wait for something that the server has part in; raise DatabaseUnavailableError where that is in vain.

        With `patience`, also after so many seconds in which nobody was answered.
        """
        try:
            self.check()
        except DatabaseUnavailableError:
            work.close()
            raise
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(work)
        over = asyncio.Event()
        task.add_done_callback(lambda _: over.set())
        try:
            done, _ = await asyncio.wait({task}, timeout=min(SUSPICIOUS, deadline))
            if not done and deadline > SUSPICIOUS:
                self.suspect(over.set)
                if patience is not None:
                    self._be_patient(over, patience)
                with suppress(TimeoutError):
                    async with asyncio.timeout(deadline - SUSPICIOUS):
                        await over.wait()
        finally:
            if not task.done():
                # Not awaited: against a frozen server the driver spends seconds on cancelling before it lets go.
                task.add_done_callback(_retrieve)
                task.cancel()
        if task.done() and not task.cancelled():
            result = task.result()
            self.heard = loop.time()
            return result
        self.check()
        raise self.busy("the database does not answer in time")

    def _be_patient(self, over: asyncio.Event, patience: float) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time() - SUSPICIOUS

        def look() -> None:
            until = max(began, self.heard) + patience
            if loop.time() >= until:
                over.set()
            elif not over.is_set():
                loop.call_at(until, look)

        look()

    async def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        alarm = loop.call_later(SILENT, self._fall_silent)
        try:
            while not await self._answers():
                self._fall_silent()
        finally:
            alarm.cancel()
            self.silent = False
            self.heard = loop.time()
            self._give_up.clear()

    async def _answers(self) -> bool:
        try:
            connection = await psycopg.AsyncConnection.connect(
                self._conninfo(), connect_timeout=CONNECT_TIMEOUT, application_name="api-fastapi pulse"
            )
        except psycopg.errors.ConnectionTimeout:
            return False
        except psycopg.Error:
            return True  # that it is not there, or takes no more connections, is an answer too
        await connection.close()
        return True

    def _fall_silent(self) -> None:
        if asyncio.get_running_loop().time() - self.heard < SILENT:
            return  # others were answered meanwhile; the next attempt to connect will tell
        self.silent = True
        while self._give_up:
            self._give_up.pop()()


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Look at the end of what was abandoned, which asyncio would otherwise report as forgotten."""
    if not task.cancelled():
        task.exception()
