"""The fast lane's connections to the database."""

import asyncio
from collections import deque
from collections.abc import Sequence
from time import monotonic

from psycopg.pq.abc import PGresult

from api_fastapi.link import Link, LinkLostError
from api_fastapi.settings import Settings
from api_fastapi.unavailable import DatabaseUnavailableError

# Seconds that a read waits for a free connection.
_PATIENCE = 2


class Links:
    """At most `size` connections, opened when they are needed."""

    def __init__(self, settings: Settings, size: int, plans: str) -> None:
        """Open none yet; `plans` are their planner's settings, `statements.WALKING` or `SEARCHING`."""
        self._settings = settings
        self._plans = plans
        # the server bounds a statement; a server that is frozen or cut off is given up a second later
        self._deadline = settings.database_statement_timeout_ms / 1000 + 1
        self._free: list[Link] = []
        self._openable = size
        self._waiting: deque[asyncio.Future[None]] = deque()
        # when the newest was opened, by the monotonic clock
        self.connected = 0.0

    async def run(self, name: bytes, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Run a statement; raise DatabaseUnavailableError when the database cannot answer."""
        link = await self._take()
        try:
            try:
                return await link.run(name, statement, values, self._deadline)
            except LinkLostError:
                # It had died since its last use, as all do when Postgres restarts. A read may be repeated: so the
                # first request after a restart works, and no request pays for a ping.
                self._drop_dead()
                link = await self._open()
            try:
                return await link.run(name, statement, values, self._deadline)
            except LinkLostError as error:
                raise DatabaseUnavailableError("the database does not answer") from error
        finally:
            self._give(link)

    def close(self) -> None:
        """Close every connection that is not in use."""
        while self._free:
            self._free.pop().close()

    async def _take(self) -> Link:
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE
        while not self._free and not self._openable:
            turn = loop.create_future()
            self._waiting.append(turn)
            try:
                async with asyncio.timeout_at(until):
                    await turn
            except TimeoutError:
                raise DatabaseUnavailableError("all connections to the database are busy") from None
        if self._free:
            return self._free.pop()
        self._openable -= 1
        try:
            return await self._open()
        except BaseException:
            self._opened_none()
            raise

    async def _open(self) -> Link:
        link = await Link.open(self._settings, self._plans)
        self.connected = monotonic()
        return link

    def _give(self, link: Link) -> None:
        if link.lost:
            return self._opened_none()
        self._free.append(link)
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
