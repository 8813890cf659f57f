"""Where reads go: the primary, or with standbys one of these.

Plain reads go to one server at a time, whose feed the cache follows; reads of the newest state go to the primary. What
must never happen is that somebody sees a state of an item and then an older one, from a server that is behind.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from psycopg.pq.abc import PGresult

from api_fastapi.cache.coherent_cache import CoherentCache
from api_fastapi.cache.encoded_response import EncodedResponse
from api_fastapi.cache.read_through import ReadThrough, StaleReadError
from api_fastapi.change_feed.poller import FeedPoller, StandbyFeedPoller, maintain
from api_fastapi.database.errors import DatabaseUnavailableError, TooSlowError
from api_fastapi.database.libpq_connection import Endpoint
from api_fastapi.http.cursors import Position
from api_fastapi.http.query_parameters import ItemQuery
from api_fastapi.replicas.admission import PrimaryAdmission, StandbyAdmission
from api_fastapi.replicas.selection import UNCONFIRMED, WATCH, Coherence, Selection
from api_fastapi.replicas.server import PolledServer, Server
from api_fastapi.settings import Settings

T = TypeVar("T")

# Seconds that a read waits for a server that can be read from, while one takes another's place.
_PATIENCE = 1.0
# Seconds between reads of the primary until it has what a standby has returned.
_AGAIN = 0.005


class Router(Protocol):
    """Where reads go; each of them raises DatabaseUnavailableError when nobody can answer."""

    @property
    def caught_up(self) -> bool:
        """Whether the feed of the primary has been read once."""

    def item(self, item_id: int, fresh: bool = False) -> Awaitable[EncodedResponse | None]:
        """Return one item, None where there is none; `fresh`: as the primary has it from now on."""

    def page(
        self, target: bytes, query: ItemQuery, position: Position | None, fresh: bool = False
    ) -> Awaitable[EncodedResponse]:
        """Return a list; `target` stands for the request in the cache."""

    async def query(
        self, name: bytes, statement: bytes, values: Sequence[bytes | None], patience: float | None = None
    ) -> PGresult:
        """Run a read of what is neither cached nor versioned, on the primary, or on what stands in for it.

        With `patience`, give up also after so many seconds in which the server answers nobody.
        """

    async def replay(self, name: bytes, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Run a statement on the server whose feed is followed; it is planned for its values."""

    def tasks(self, coherence: Coherence) -> list[Coroutine[Any, Any, None]]:
        """Return what must run as long as reads are wanted; polls of the feed are reported to `coherence`."""

    def close(self) -> None:
        """Close all connections."""


def router(settings: Settings, cache: CoherentCache) -> Router:
    """Return where reads go by the settings; what they bring is kept in `cache`."""
    return ReplicaRouter(settings, cache) if settings.read_database_url else PrimaryRouter(settings, cache)


class PrimaryRouter:
    """The ordinary case: one server, without standbys."""

    def __init__(self, settings: Settings, cache: CoherentCache) -> None:
        """Read from the server of `settings`."""
        self._settings = settings
        self._server = Server(settings, Endpoint(settings.database_url), settings.database_pool_size, others=True)
        reader = self._server.reader(cache)
        self.item, self.page = reader.item, reader.page
        self.query, self.replay, self.close = self._server.query, self._server.replay, self._server.abandon

    @property
    def caught_up(self) -> bool:
        """Whether the feed has been read once."""
        return self._poller.caught_up

    def tasks(self, coherence: Coherence) -> list[Coroutine[Any, Any, None]]:
        """Return what must run as long as reads are wanted."""
        self._poller = FeedPoller(self._settings, self._server.endpoint, coherence)
        return [self._poller.run(), maintain(self._server.generic_plan_pool)]


class ReplicaRouter:
    """A primary and its standbys."""

    def __init__(self, settings: Settings, cache: CoherentCache) -> None:
        """Read from the servers of `settings`."""
        assert settings.read_database_url is not None
        primary = Endpoint(settings.database_url)
        self._primary = PolledServer(settings, primary, settings.database_pool_size, others=True)
        self._primary.poller = FeedPoller(settings, primary, self._primary, bounded=True)
        self._standbys = []
        for endpoint in Endpoint.each_of(settings.read_database_url):
            server = PolledServer(settings, endpoint, settings.read_database_pool_size, others=False)
            server.poller = StandbyFeedPoller(settings, endpoint, server)
            server.poller.interval = WATCH
            self._standbys.append(server)
        random.shuffle(self._standbys)  # each worker has its own favourite
        self.selection = Selection(settings, self._primary, self._standbys)
        for server in (self._primary, *self._standbys):
            kind = PrimaryAdmission if server is self._primary else StandbyAdmission
            server.items = server.reader(kind(server, lambda: self.selection.followed, self.selection.returned, cache))

    @property
    def caught_up(self) -> bool:
        """Whether the primary's feed has been read once: until then nobody knows which standby is one of its own."""
        return self._primary.poll is not None

    def tasks(self, coherence: Coherence) -> list[Coroutine[Any, Any, None]]:
        """Return what must run as long as reads are wanted."""
        self.selection.coherence = coherence
        pollers = [server.poller.run() for server in (self._primary, *self._standbys)]
        return [*pollers, maintain(self._primary.generic_plan_pool)]

    def close(self) -> None:
        """Close all connections."""
        for server in (self._primary, *self._standbys):
            server.abandon()

    def item(self, item_id: int, fresh: bool = False) -> Awaitable[EncodedResponse | None]:
        """Return one item, None where there is none; `fresh`: as the primary has it from now on."""
        return self._read(lambda items: items.item(item_id, fresh), fresh)

    def page(
        self, target: bytes, query: ItemQuery, position: Position | None, fresh: bool = False
    ) -> Awaitable[EncodedResponse]:
        """Return a list; `target` stands for the request in the cache."""
        return self._read(lambda items: items.page(target, query, position, fresh), fresh)

    async def replay(self, name: bytes, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Run a statement on the server whose feed is followed; it is planned for its values."""
        return await self.selection.followed.replay(name, statement, values)

    async def query(
        self, name: bytes, statement: bytes, values: Sequence[bytes | None], patience: float | None = None
    ) -> PGresult:
        """Run a read of what is neither cached nor versioned, on the primary, or while it is away where reads go."""
        if self.selection.fit(self._primary):
            try:
                return await self._primary.query(name, statement, values, patience)
            except TooSlowError:
                raise
            except DatabaseUnavailableError:
                # While names change their meaning, a server may be reached by the connections there are, and no others.
                if self.selection.followed is self._primary:
                    raise
        return await self.selection.followed.query(name, statement, values, patience)

    async def _read(self, read: Callable[[ReadThrough], Awaitable[T]], fresh: bool) -> T:
        selection = self.selection
        if not selection.usable.is_set():
            with suppress(TimeoutError):  # the primary may answer all the same
                async with asyncio.timeout(_PATIENCE):
                    await selection.usable.wait()
        while not fresh and selection.followed is not self._primary:
            server = selection.followed
            try:
                return await read(server.items)
            except TooSlowError:
                raise  # the primary would be as slow
            except DatabaseUnavailableError:
                if selection.followed is server:
                    break  # it fails, or lacks what was returned: the primary cannot
        if selection.outdated_primary:
            raise DatabaseUnavailableError("the primary that is named is on an old timeline")
        loop = asyncio.get_running_loop()
        until = loop.time() + 2 * UNCONFIRMED
        while True:
            try:
                return await read(self._primary.items)
            except StaleReadError:
                if loop.time() > until:
                    raise
            await asyncio.sleep(_AGAIN)
