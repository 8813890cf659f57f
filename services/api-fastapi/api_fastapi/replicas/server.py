"""A database server, the connections to it, and what polls of it brought."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from psycopg.pq.abc import PGresult

from api_fastapi.cache.read_through import CacheAdmission, ReadThrough
from api_fastapi.change_feed.poller import FeedPoller, Poll
from api_fastapi.database.libpq_connection import Endpoint
from api_fastapi.database.libpq_pool import ConnectionPool
from api_fastapi.database.plans import CUSTOM_PLAN, GENERIC_PLAN
from api_fastapi.settings import Settings


class Server:
    """A server and its pools of connections."""

    def __init__(self, settings: Settings, endpoint: Endpoint, size: int, others: bool) -> None:
        """Divide `size` connections, of which every pool needs one; with `others`, some are for other reads only."""
        few = max(1, size // 4)
        self.endpoint = endpoint
        self.generic_plan_pool = ConnectionPool(settings, max(1, size - few - few * others), GENERIC_PLAN, endpoint)
        self.custom_plan_pool = ConnectionPool(settings, few, CUSTOM_PLAN, endpoint)
        # whoever asks for these must not wait for slow searches
        self._other_pool = ConnectionPool(settings, few, CUSTOM_PLAN, endpoint) if others else self.custom_plan_pool

    def reader(self, admission: CacheAdmission) -> ReadThrough:
        """Return what reads items here."""
        return ReadThrough(self.generic_plan_pool, self.custom_plan_pool, admission)

    async def replay(self, name: bytes, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Run a statement that is planned for its values; raise DatabaseUnavailableError when that fails."""
        return await self.custom_plan_pool.run(name, statement, values)

    async def query(
        self, name: bytes, statement: bytes, values: Sequence[bytes | None], patience: float | None = None
    ) -> PGresult:
        """Run a read of something else than items; raise DatabaseUnavailableError when there is no answer in time.

        With `patience`, also after so many seconds in which the server answers nobody.
        """
        running = self._other_pool.run(name, statement, values)
        if patience is None:
            return await running
        return await self.endpoint.failure_detector.wait(running, self._other_pool.deadline, patience)

    def abandon(self) -> None:
        """Close all connections; what is under way on them fails."""
        for pool in {self.generic_plan_pool, self.custom_plan_pool, self._other_pool}:
            pool.abandon()


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


class PolledServer(Server):
    """One server among several, with what its last poll brought."""

    poller: FeedPoller
    items: ReadThrough

    def __init__(self, settings: Settings, endpoint: Endpoint, size: int, others: bool) -> None:
        """Know nothing of it yet."""
        super().__init__(settings, endpoint, size, others)
        self.up = False
        self.poll: Poll | None = None
        self.incarnation: Incarnation | None = None
        self.lag = 0.0
        self.good_since: float | None = None
        self._report: Callable[[PolledServer, Poll], None]
        self._report_lost: Callable[[], None]

    def report_to(self, polled: Callable[["PolledServer", Poll], None], lost: Callable[[], None]) -> None:
        """Report each poll to `polled`, and that there is none to `lost`."""
        self._report, self._report_lost = polled, lost

    def polled(self, poll: Poll) -> None:
        """Take in a poll of it."""
        self.up, self.poll, self.incarnation = True, poll, Incarnation.parse(poll.incarnation)
        self._report(self, poll)

    def lost(self) -> None:
        """Learn that it cannot be polled."""
        self.up = False
        self._report_lost()
