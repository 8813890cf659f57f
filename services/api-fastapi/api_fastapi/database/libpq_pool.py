"""A pool of connections to Postgres."""

import asyncio
from collections import deque
from collections.abc import Sequence
from time import monotonic

from psycopg.pq.abc import PGresult

from api_fastapi.database.errors import DatabaseUnavailableError
from api_fastapi.database.libpq_connection import Connection, ConnectionLostError, Endpoint
from api_fastapi.settings import Settings

# Seconds that a read waits for a free connection; and that it has, in all, beyond what the server lets a statement run.
# With the time-out that is set by default this ends before the gateway's three seconds are over, who else would have
# others ask the same.
_PATIENCE, _GRACE = 2, 0.7


class ConnectionPool:
    """At most `size` connections, opened when they are needed."""

    def __init__(self, settings: Settings, size: int, plans: str, endpoint: Endpoint | None = None) -> None:
        """Open none yet; `plans` are their planner's settings, `plans.GENERIC_PLAN` or `CUSTOM_PLAN`."""
        self._settings = settings
        self._plans = plans
        self._endpoint = endpoint or Endpoint(settings.database_url)
        # seconds that a statement has, in all
        self.deadline = settings.database_statement_timeout_ms / 1000 + _GRACE
        self._free: list[Connection] = []
        self._busy: set[Connection] = set()
        self._openable = size
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._abandoned = 0
        # when the newest was opened, by the monotonic clock
        self.connected = 0.0

    async def run(self, name: bytes, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Run a statement; raise DatabaseUnavailableError when the database cannot answer."""
        self._endpoint.failure_detector.check()
        abandoned = self._abandoned
        loop = asyncio.get_running_loop()
        until = loop.time() + self.deadline
        connection = await self._take()
        self._busy.add(connection)
        try:
            try:
                result = await connection.run(name, statement, values, until - loop.time())
            except ConnectionLostError:
                self._check(abandoned)
                # It had died since its last use, as all do when Postgres restarts. A read may be repeated: so the
                # first request after a restart works, and no request pays for a ping.
                self._drop_dead()
                self._busy.discard(connection)
                connection = await self._open()
                self._busy.add(connection)
                try:
                    result = await connection.run(name, statement, values, until - loop.time())
                except ConnectionLostError as error:
                    raise DatabaseUnavailableError("the database does not answer") from error
            self._check(abandoned)
            return result
        finally:
            self._busy.discard(connection)
            if abandoned != self._abandoned:
                connection.close()  # it was about to be opened then
            self._give(connection)

    def abandon(self) -> None:
        """Close every connection; what is under way brings nothing any more, not even if its answer is here already."""
        self._abandoned += 1
        self._drop_dead()
        for connection in self._busy:
            connection.close()

    def _check(self, abandoned: int) -> None:
        if abandoned != self._abandoned:
            raise DatabaseUnavailableError("this database is not asked any more")

    async def _take(self) -> Connection:
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE
        while not self._free and not self._openable:
            turn = loop.create_future()
            self._waiting.append(turn)
            try:
                async with asyncio.timeout_at(until):
                    await turn
            except TimeoutError:
                raise self._endpoint.failure_detector.busy() from None
        while self._free:
            connection = self._free.pop()
            if self._endpoint.server_address in (None, connection.server_address):
                return connection
            connection.close()  # the feed is read elsewhere now
            self._openable += 1
        self._openable -= 1
        try:
            return await self._open()
        except BaseException:
            self._opened_none()
            raise

    async def _open(self) -> Connection:
        connection = await Connection.open(self._settings, self._endpoint, self._plans)
        self.connected = monotonic()
        return connection

    def _give(self, connection: Connection) -> None:
        if connection.lost:
            return self._opened_none()
        self._free.append(connection)
        return self._next()

    def _opened_none(self) -> None:
        self._openable += 1
        self._next()

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _drop_dead(self) -> None:
        """Close the free ones too: where one had died, so have they."""
        while self._free:
            self._free.pop().close()
            self._openable += 1
