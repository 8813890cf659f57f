"""The primary and its standbys: which server serves reads, with monotonic reads.

Plain reads go to one server at a time, whose feed the cache follows; reads of the newest state go to the primary. What
must never happen is that somebody sees a state of an item and then an older one, from a server that is behind.
`docs/decisions/0013-reads-from-standbys.md` has the argument; each rule says here what it prevents.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Protocol

from psycopg.pq.abc import PGresult

from api_fastapi.cache.coherent_cache import CoherentCache
from api_fastapi.cache.encoded_response import EncodedResponse
from api_fastapi.cache.read_through import ReadThrough, StaleReadError
from api_fastapi.change_feed.poller import FeedPoller, Poll, StandbyFeedPoller, maintain
from api_fastapi.database import json_queries
from api_fastapi.database.errors import DatabaseUnavailableError, TooSlowError
from api_fastapi.database.libpq_connection import Endpoint
from api_fastapi.database.libpq_pool import ConnectionPool
from api_fastapi.database.snapshot import Snapshot
from api_fastapi.http.cursors import Position
from api_fastapi.http.query_parameters import ItemQuery
from api_fastapi.replicas.admission import PrimaryAdmission, StandbyAdmission
from api_fastapi.replicas.monotonic_reads import ReturnedVersions
from api_fastapi.replicas.server import Incarnation, Server
from api_fastapi.settings import Settings

logger = logging.getLogger(__name__)

# Seconds between polls of a server that is not followed.
_WATCH = 0.1
# Seconds for which a standby must have been good before it is followed (again).
_PROBATION = 1.0
# Seconds after which a standby that still lacks what the primary had returned is measured by something newer.
_MARK_AGE = 1.0
# Seconds that a read waits for a server that can be asked, while one takes another's place.
_PATIENCE = 1.0
# Seconds for which the primary may lack what a standby has returned, and between reads until it has it.
_UNCONFIRMED, _AGAIN = 1.0, 0.005


class Coherence(Protocol):
    """What polls of the followed server are reported to."""

    def polled(self, poll: Poll, lag: float = 0.0) -> None:
        """Take in a poll; `lag` seconds before it began nothing was missing."""

    def moved(self) -> None:
        """Learn that the next poll is of another server."""


class ReplicaRouter:
    """Reads from one server, polls all, and moves on when there is a reason."""

    _coherence: Coherence

    def __init__(
        self,
        settings: Settings,
        cache: CoherentCache,
        generic_plan_pool: ConnectionPool,
        custom_plan_pool: ConnectionPool,
        endpoint: Endpoint,
    ) -> None:
        """Read over these pools of the primary at `endpoint`, and from the standbys of `settings`."""
        assert settings.read_database_url is not None
        self._cache = cache
        self._most_lag = settings.read_max_lag_ms / 1000
        self._often = settings.feed_poll_ms / 1000
        self._primary_generic_plan_pool = generic_plan_pool
        self.returned = ReturnedVersions()
        self.primary = Server(endpoint, generic_plan_pool, custom_plan_pool, self._polled, self._choose)
        poller = FeedPoller(settings, endpoint, self.primary, bounded=True)
        self.primary.follow_with(poller, self._admission(PrimaryAdmission, self.primary))
        self._standbys = [
            self._standby(settings, endpoint) for endpoint in Endpoint.each_of(settings.read_database_url)
        ]
        random.shuffle(self._standbys)  # each worker has its own favourite
        self.followed = self.primary
        self._usable = asyncio.Event()
        # Which database this is, on which timeline, since when; and what the primary had when, to tell who lags.
        self._incarnation: Incarnation | None = None
        self._samples: deque[tuple[float, Snapshot]] = deque()
        # A poll of the server that is followed: one that has all of its visible upper bound may be followed instead.
        self._mark: Poll | None = None
        # What standbys showed before then the primary has, too: it may make visible later what they were sent.
        self._confirmed = 0.0

    def _standby(self, settings: Settings, endpoint: Endpoint) -> Server:
        few = max(1, settings.read_database_pool_size // 4)
        most = settings.read_database_pool_size - few
        generic_plan_pool = ConnectionPool(settings, most, json_queries.GENERIC_PLAN, endpoint)
        custom_plan_pool = ConnectionPool(settings, few, json_queries.CUSTOM_PLAN, endpoint)
        server = Server(endpoint, generic_plan_pool, custom_plan_pool, self._polled, self._choose)
        server.follow_with(StandbyFeedPoller(settings, endpoint, server), self._admission(StandbyAdmission, server))
        server.poller.interval = _WATCH
        return server

    def _admission(
        self, kind: type[PrimaryAdmission] | type[StandbyAdmission], server: Server
    ) -> PrimaryAdmission | StandbyAdmission:
        return kind(server, lambda: self.followed, self.returned, self._cache)

    @property
    def caught_up(self) -> bool:
        """Whether the primary's feed has been read once: until then nobody knows which standby is one of its own."""
        return self.primary.poll is not None

    @property
    def authority(self) -> Endpoint:
        """Where what is neither cached nor versioned is read: the primary, or while it is away who stands in for it."""
        return (self.primary if self._fit(self.primary) else self.followed).endpoint

    def report_to(self, coherence: Coherence) -> None:
        """Take what polls of the server that is followed are reported to."""
        self._coherence = coherence

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """Return what must run as long as reads are wanted."""
        pollers = [server.poller for server in (self.primary, *self._standbys)]
        return [*(poller.run() for poller in pollers), maintain(self._primary_generic_plan_pool)]

    def close(self) -> None:
        """Close the connections to the standbys."""
        for server in self._standbys:
            server.abandon()

    # --- reads ---

    async def item(self, item_id: int, fresh: bool = False) -> EncodedResponse | None:
        """Return one item, None where there is none; `fresh`: as the primary has it from now on."""
        response: EncodedResponse | None = await self._ask(lambda reader: reader.item(item_id, fresh), fresh)
        return response

    async def page(self, target: bytes, query: ItemQuery, position: Position | None, fresh: bool = False) -> Any:
        """Return a list; `target` stands for the request in the cache."""
        return await self._ask(lambda reader: reader.page(target, query, position, fresh), fresh)

    async def run(self, name: bytes, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Run a statement on the server whose feed is followed; raise DatabaseUnavailableError when that fails."""
        return await self.followed.run(name, statement, values)

    async def _ask(self, ask: Callable[[ReadThrough], Awaitable[Any]], fresh: bool) -> Any:
        if not self._usable.is_set():
            with suppress(TimeoutError):  # the primary may answer all the same
                async with asyncio.timeout(_PATIENCE):
                    await self._usable.wait()
        while not fresh and self.followed is not self.primary:
            server = self.followed
            try:
                return await ask(server.reader)
            except TooSlowError:
                raise  # the primary would be as slow
            except DatabaseUnavailableError:
                if self.followed is server:
                    break  # it fails, or lacks what was returned: the primary cannot
        if (
            self._incarnation is not None
            and self.primary.incarnation is not None
            and self.primary.incarnation.timeline < self._incarnation.timeline
        ):
            raise DatabaseUnavailableError("the primary that is named is on an old timeline")
        until = self._loop_time() + 2 * _UNCONFIRMED
        while True:
            try:
                return await ask(self.primary.reader)
            except StaleReadError:
                if self._loop_time() > until:
                    raise
            await asyncio.sleep(_AGAIN)

    # --- watching ---

    def _polled(self, server: Server, poll: Poll) -> None:
        if poll.promoted and server is not self.followed:
            # It is for the primary's name to lead there. Only who reads from it already goes on until that is so.
            server.lost()
            return
        self._learn(server)
        if server is self.primary:
            self._sample(poll)
            self._confirm(poll)
        else:
            # of a promoted one nothing is known that it could lack
            server.lag = 0.0 if poll.promoted else self._lag(poll)
        self._choose()
        if server is not self.followed or not self._fit(server):
            return
        # from when the primary had nothing that this one lacks
        self._coherence.polled(poll, server.lag)
        if (
            self._mark is None
            or server is not self.primary
            or poll.began > self._mark.began + _MARK_AGE
            or not any(self._fit(standby) for standby in self._standbys)
        ):
            self._mark = poll
        # It has what it returned itself before it was polled, and what any had returned when the primary had no more.
        everything = self._mark.began if server is self.primary else self._newest_sample() - server.lag
        confirmed = max(self._confirmed, poll.began - _UNCONFIRMED)
        own = self._mark.began if server is self.primary else min(self._mark.began, confirmed)
        self.returned.settle(server, own, min(everything, confirmed))

    def _learn(self, server: Server) -> None:
        """Find out which incarnation is the present one; a later timeline always wins, else what the primary says."""
        incarnation, known = server.incarnation, self._incarnation
        assert incarnation is not None
        if server is self.primary:
            news = known is None or incarnation.timeline >= known.timeline
        else:
            news = known is not None and incarnation.home == known.home and incarnation.timeline > known.timeline
        if news and incarnation != known:
            self._incarnation = incarnation
            # what the incarnation before had is measured by other transactions, and may be lost
            self._samples.clear()
            self.returned.clear()
            self._mark = None

    def _sample(self, poll: Poll) -> None:
        if self.primary.incarnation == self._incarnation:
            self._samples.append((poll.began, poll.visible_upper_bound))
        while len(self._samples) > 1 and self._samples[0][0] < poll.began - self._most_lag - _WATCH:
            self._samples.popleft()

    def _confirm(self, poll: Poll) -> None:
        """Find out what the primary has of what standbys have returned."""
        asked = self.followed.poll
        if self.followed is self.primary or asked is None:
            return
        if poll.visible_upper_bound.contains(asked.visible_upper_bound):
            self._confirmed = asked.began

    def _newest_sample(self) -> float:
        return self._samples[-1][0] if self._samples else 0.0

    def _lag(self, poll: Poll) -> float:
        """Return how many seconds ago, seen from the last poll of the primary, a standby had all that the primary had.

        While the primary is away this does not grow: nobody can tell whether there is anything newer.
        """
        for at, visible_upper_bound in reversed(self._samples):
            if poll.visible_upper_bound.contains(visible_upper_bound):
                return self._newest_sample() - at
        return float("inf")

    def _fit(self, server: Server) -> bool:
        return server.up and server.incarnation == self._incarnation and server.lag <= self._most_lag

    # --- moving ---

    def _choose(self) -> None:
        """Move to another server where there is a reason, and one that may be asked."""
        for server in self._standbys:
            server.good_since = (server.good_since or self._loop_time()) if self._fit(server) else None
        if not self._fit(self.followed) and self.followed is not self.primary:
            self._follow(self.primary)
        if self.followed is self.primary:
            away = not self._fit(self.primary)
            for server in self._standbys:
                if server.good_since is not None and self._mark is not None and server.poll is not None:
                    proven = away or self._loop_time() - server.good_since >= _PROBATION
                    # behind the mark it would take back what was returned; what was returned since is in `returned`
                    if proven and server.poll.visible_upper_bound.contains(self._mark.visible_upper_bound):
                        self._follow(server)
                        break
        if self._fit(self.followed):
            self._usable.set()
        else:
            self._usable.clear()

    def _loop_time(self) -> float:
        return asyncio.get_running_loop().time()

    def _follow(self, server: Server) -> None:
        logger.info("reads go to %s", "the primary" if server is self.primary else server.endpoint)
        for each in (self.followed, server):
            each.poller.interval = self._often if each is server else _WATCH
            if each is not self.primary:
                each.abandon()  # reads that were sent before tell of another time
        self.followed = server
        self._coherence.moved()
