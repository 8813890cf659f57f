"""One database server among several."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from psycopg.pq.abc import PGresult

from api_fastapi.cache.read_through import CacheAdmission, ReadThrough
from api_fastapi.change_feed.poller import FeedPoller, Poll
from api_fastapi.database.libpq_connection import Endpoint
from api_fastapi.database.libpq_pool import ConnectionPool


class Incarnation(NamedTuple):
    """Which database it is, on which timeline of its server, and since which start after a crash or a promotion."""

    home: str
    timeline: int
    token: str

    @classmethod
    def parse(cls, text: str) -> "Incarnation":
        """Read what a poll brings: `home timeline/token`, the timeline in hexadecimal digits."""
        home, _, rest = text.partition(" ")
        timeline, _, token = rest.partition("/")
        return cls(home, int(timeline, 16), token)


class Server:
    """A server, the connections to it, and what the last poll of it brought."""

    poller: FeedPoller
    reader: ReadThrough

    def __init__(
        self,
        endpoint: Endpoint,
        generic_plan_pool: ConnectionPool,
        custom_plan_pool: ConnectionPool,
        polled: Callable[["Server", Poll], None],
        lost: Callable[[], None],
    ) -> None:
        """Report to `polled` and `lost`."""
        self.endpoint = endpoint
        self._generic_plan_pool, self._custom_plan_pool = generic_plan_pool, custom_plan_pool
        self._report, self._report_lost = polled, lost
        self.up = False
        self.poll: Poll | None = None
        self.incarnation: Incarnation | None = None
        self.lag = 0.0
        self.good_since: float | None = None

    def follow_with(self, poller: FeedPoller, admission: CacheAdmission) -> None:
        """Take what polls its feed, and the admission of what is read there."""
        self.poller = poller
        self.reader = ReadThrough(self._generic_plan_pool, self._custom_plan_pool, admission)

    async def run(self, name: bytes, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Run a statement that is planned for its values; raise DatabaseUnavailableError when that fails."""
        return await self._custom_plan_pool.run(name, statement, values)

    def polled(self, poll: Poll) -> None:
        """Take in a poll of it."""
        self.up, self.poll, self.incarnation = True, poll, Incarnation.parse(poll.incarnation)
        self._report(self, poll)

    def lost(self) -> None:
        """Learn that it cannot be polled."""
        self.up = False
        self._report_lost()

    def abandon(self) -> None:
        """Close its connections; what is under way on them fails."""
        self._generic_plan_pool.abandon()
        self._custom_plan_pool.abandon()
