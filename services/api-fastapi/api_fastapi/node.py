"""One database server among several."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from psycopg.pq.abc import PGresult

from api_fastapi.feed import Feed, Poll
from api_fastapi.link import Place
from api_fastapi.links import Links
from api_fastapi.reading import Ledger, Reader


class Life(NamedTuple):
    """Which database it is, on which timeline of its server, and since which start after a crash or a promotion."""

    home: str
    timeline: int
    token: str

    @classmethod
    def parse(cls, text: str) -> "Life":
        """Read what a poll brings: `home timeline/token`, the timeline in hexadecimal digits."""
        home, _, rest = text.partition(" ")
        timeline, _, token = rest.partition("/")
        return cls(home, int(timeline, 16), token)


class Node:
    """A server, the connections to it, and what the last look at it showed."""

    feed: Feed
    reader: Reader

    def __init__(
        self,
        place: Place,
        links: Links,
        searches: Links,
        polled: Callable[["Node", Poll], None],
        lost: Callable[[], None],
    ) -> None:
        """Tell `polled` and `lost` what happens to it."""
        self.place = place
        self._links, self._searches = links, searches
        self._tell, self._tell_lost = polled, lost
        self.up = False
        self.poll: Poll | None = None
        self.life: Life | None = None
        self.lag = 0.0
        self.good_since: float | None = None

    def follow_with(self, feed: Feed, ledger: Ledger) -> None:
        """Take what reads its feed, and who its reads are offered to."""
        self.feed = feed
        self.reader = Reader(self._links, self._searches, ledger)

    async def run(self, name: bytes, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Run a statement that is planned for its values; raise DatabaseUnavailableError when that fails."""
        return await self._searches.run(name, statement, values)

    def polled(self, poll: Poll) -> None:
        """Take in a look at it."""
        self.up, self.poll, self.life = True, poll, Life.parse(poll.life)
        self._tell(self, poll)

    def lost(self) -> None:
        """Learn that it cannot be looked at."""
        self.up = False
        self._tell_lost()

    def abandon(self) -> None:
        """Close its connections; what is under way on them fails."""
        self._links.abandon()
        self._searches.abandon()
