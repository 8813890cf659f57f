"""The primary and its standbys: which of them is asked, and what it may be believed.

Plain reads go to one node at a time, whose feed the cache follows; reads of the newest state go to the primary. What
must never happen is that somebody sees a state of an item and then an older one, from a node that is behind.
`docs/decisions/0013-reads-from-standbys.md` has the argument; each rule says here what it prevents.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any

from psycopg.pq.abc import PGresult

from api_fastapi import statements
from api_fastapi.answers import Answer
from api_fastapi.cache import Cache, Start
from api_fastapi.cursors import Position
from api_fastapi.feed import Coherence, Feed, Poll, StandbyFeed, keep_in_order
from api_fastapi.link import Place
from api_fastapi.links import Links
from api_fastapi.node import Life, Node
from api_fastapi.parameters import ItemQuery
from api_fastapi.reading import BehindError, Reader
from api_fastapi.settings import Settings
from api_fastapi.shown import Shown
from api_fastapi.snapshot import Snapshot
from api_fastapi.unavailable import DatabaseUnavailableError, TooSlowError

logger = logging.getLogger(__name__)

# Seconds between looks at a node that is not asked.
_WATCH = 0.1
# Seconds for which a standby must have been good before it is asked (again).
_PROBATION = 1.0
# Seconds after which a standby that still lacks what the primary had shown is measured by something newer.
_MARK_AGE = 1.0
# Seconds that a read waits for a node that can be asked, while one takes another's place.
_PATIENCE = 1.0
# Seconds for which the primary may lack what a standby has shown, and between reads until it has it.
_UNCONFIRMED, _AGAIN = 1.0, 0.005


class Nodes:
    """Asks one node, watches all, and moves on when there is a reason."""

    _coherence: Coherence

    def __init__(self, settings: Settings, cache: Cache, links: Links, searches: Links, place: Place) -> None:
        """Read over `links` and `searches` of the primary at `place`, and from the standbys of `settings`."""
        assert settings.read_database_url is not None
        self._cache = cache
        self._most_lag = settings.read_max_lag_ms / 1000
        self._often = settings.feed_poll_ms / 1000
        self._primary_links = links
        self.shown = Shown()
        self.primary = Node(place, links, searches, self._polled, self._choose)
        self.primary.follow_with(Feed(settings, place, self.primary, covering=True), _PrimaryLedger(self, cache))
        self._standbys = [self._standby(settings, place) for place in Place.each_of(settings.read_database_url)]
        random.shuffle(self._standbys)  # each worker has its own favourite
        self.followed = self.primary
        self._usable = asyncio.Event()
        # Which database this is, on which timeline, since when; and what the primary had when, to tell who lags.
        self._life: Life | None = None
        self._samples: deque[tuple[float, Snapshot]] = deque()
        # A poll of the node that is asked: what was shown before it, whoever covers it may be asked instead.
        self._mark: Poll | None = None
        # What standbys showed before then the primary has, too: it may make visible later what they were sent.
        self._confirmed = 0.0

    def _standby(self, settings: Settings, place: Place) -> Node:
        few = max(1, settings.read_database_pool_size // 4)
        links = Links(settings, settings.read_database_pool_size - few, statements.WALKING, place)
        searches = Links(settings, few, statements.SEARCHING, place)
        node = Node(place, links, searches, self._polled, self._choose)
        node.follow_with(StandbyFeed(settings, place, node), _StandbyLedger(self, node, self._cache))
        node.feed.interval = _WATCH
        return node

    @property
    def caught_up(self) -> bool:
        """Whether the primary's feed has been read once: until then nobody knows which standby is one of its own."""
        return self.primary.poll is not None

    @property
    def authority(self) -> Place:
        """Where what is neither cached nor versioned is read: the primary, or while it is away who stands in for it."""
        return (self.primary if self._fit(self.primary) else self.followed).place

    def report_to(self, coherence: Coherence) -> None:
        """Take who is told of the feed of the node that is asked."""
        self._coherence = coherence

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """Return what must run as long as reads are wanted."""
        return [*(node.feed.run() for node in (self.primary, *self._standbys)), keep_in_order(self._primary_links)]

    def close(self) -> None:
        """Close the connections to the standbys."""
        for node in self._standbys:
            node.abandon()

    # --- reads ---

    async def item(self, item_id: int, fresh: bool = False) -> Answer | None:
        """Return one item, None where there is none; `fresh`: as the primary has it from now on."""
        answer: Answer | None = await self._ask(lambda reader: reader.item(item_id, fresh), fresh)
        return answer

    async def page(self, target: bytes, query: ItemQuery, position: Position | None, fresh: bool = False) -> Any:
        """Return a list; `target` stands for the request in the cache."""
        return await self._ask(lambda reader: reader.page(target, query, position, fresh), fresh)

    async def run(self, name: bytes, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Run a statement on the node whose feed is followed; raise DatabaseUnavailableError when that fails."""
        return await self.followed.run(name, statement, values)

    async def _ask(self, ask: Callable[[Reader], Awaitable[Any]], fresh: bool) -> Any:
        if not self._usable.is_set():
            with suppress(TimeoutError):  # the primary may answer all the same
                async with asyncio.timeout(_PATIENCE):
                    await self._usable.wait()
        while not fresh and self.followed is not self.primary:
            node = self.followed
            try:
                return await ask(node.reader)
            except TooSlowError:
                raise  # the primary would be as slow
            except DatabaseUnavailableError:
                if self.followed is node:
                    break  # it fails, or lacks what was shown: the primary cannot
        if (
            self._life is not None
            and self.primary.life is not None
            and self.primary.life.timeline < self._life.timeline
        ):
            raise DatabaseUnavailableError("the primary that is named is on an old timeline")
        until = self._loop_time() + 2 * _UNCONFIRMED
        while True:
            try:
                return await ask(self.primary.reader)
            except BehindError:
                if self._loop_time() > until:
                    raise
            await asyncio.sleep(_AGAIN)

    # --- watching ---

    def _polled(self, node: Node, poll: Poll) -> None:
        if poll.promoted and node is not self.followed:
            # It is for the primary's name to lead there. Only who reads from it already goes on until that is so.
            node.lost()
            return
        self._learn(node)
        if node is self.primary:
            self._sample(poll)
            self._confirm(poll)
        else:
            # of a promoted one nothing is known that it could lack
            node.lag = 0.0 if poll.promoted else self._lag(poll)
        self._choose()
        if node is not self.followed or not self._fit(node):
            return
        # from when the primary had nothing that this one lacks
        self._coherence.polled(poll, node.lag)
        if (
            self._mark is None
            or node is not self.primary
            or poll.began > self._mark.began + _MARK_AGE
            or not any(self._fit(standby) for standby in self._standbys)
        ):
            self._mark = poll
        # It has what it has shown itself before it was asked, and what anyone had shown when the primary had no more.
        everything = self._mark.began if node is self.primary else self._newest_sample() - node.lag
        confirmed = max(self._confirmed, poll.began - _UNCONFIRMED)
        own = self._mark.began if node is self.primary else min(self._mark.began, confirmed)
        self.shown.settle(node, own, min(everything, confirmed))

    def _learn(self, node: Node) -> None:
        """Find out which life of which database is the one; a later timeline always wins, else the primary's word."""
        life, known = node.life, self._life
        assert life is not None
        if node is self.primary:
            news = known is None or life.timeline >= known.timeline
        else:
            news = known is not None and life.home == known.home and life.timeline > known.timeline
        if news and life != known:
            self._life = life
            # what the life before had is measured by other transactions, and may be lost
            self._samples.clear()
            self.shown.clear()
            self._mark = None

    def _sample(self, poll: Poll) -> None:
        if self.primary.life == self._life:
            self._samples.append((poll.began, poll.covered))
        while len(self._samples) > 1 and self._samples[0][0] < poll.began - self._most_lag - _WATCH:
            self._samples.popleft()

    def _confirm(self, poll: Poll) -> None:
        """Find out what the primary has of what standbys have shown."""
        asked = self.followed.poll
        if self.followed is not self.primary and asked is not None and poll.covered.contains(asked.covered):
            self._confirmed = asked.began

    def _newest_sample(self) -> float:
        return self._samples[-1][0] if self._samples else 0.0

    def _lag(self, poll: Poll) -> float:
        """Return how many seconds ago, seen from the last look at the primary, a standby had all that the primary had.

        While the primary is away this does not grow: nobody can tell whether there is anything newer.
        """
        for at, covered in reversed(self._samples):
            if poll.covered.contains(covered):
                return self._newest_sample() - at
        return float("inf")

    def _fit(self, node: Node) -> bool:
        return node.up and node.life == self._life and node.lag <= self._most_lag

    # --- moving ---

    def _choose(self) -> None:
        """Move to another node where there is a reason, and one that may be asked."""
        for node in self._standbys:
            node.good_since = (node.good_since or self._loop_time()) if self._fit(node) else None
        if not self._fit(self.followed) and self.followed is not self.primary:
            self._follow(self.primary)
        if self.followed is self.primary:
            away = not self._fit(self.primary)
            for node in self._standbys:
                if node.good_since is not None and self._mark is not None and node.poll is not None:
                    proven = away or self._loop_time() - node.good_since >= _PROBATION
                    # behind the mark it would take back what was shown; what was shown since is in `shown`
                    if proven and node.poll.covered.contains(self._mark.covered):
                        self._follow(node)
                        break
        if self._fit(self.followed):
            self._usable.set()
        else:
            self._usable.clear()

    def _loop_time(self) -> float:
        return asyncio.get_running_loop().time()

    def _follow(self, node: Node) -> None:
        logger.info("reads go to %s", "the primary" if node is self.primary else node.place)
        for each in (self.followed, node):
            each.feed.interval = self._often if each is node else _WATCH
            if each is not self.primary:
                each.abandon()  # reads that were sent before tell of another time
        self.followed = node
        self._coherence.moved()


class _PrimaryLedger:
    """What reads of the primary are offered to: also those that ask for the newest while a standby is followed."""

    def __init__(self, nodes: Nodes, cache: Cache) -> None:
        self._nodes, self._cache = nodes, cache
        self.start, self.keep_item = cache.start, cache.keep_item  # versions tell whether it may be kept

    def show(self, snapshot: str, connected: float, shown: Iterable[tuple[int, int | None]]) -> Collection[int]:
        """Note what is shown, as a standby may not have it yet; refuse what a standby has shown newer: that comes."""
        shown = list(shown)
        behind = self._nodes.shown.newer_than(self._nodes.primary, shown)
        shown = [pair for pair in shown if pair[0] not in behind]
        self._nodes.shown.note(self._nodes.primary, shown)
        if self._nodes.followed is self._nodes.primary:
            self._cache.show(snapshot, connected, shown)
        else:
            self._cache.witness(shown)
        return behind

    def keep_list(self, start: Start, target: bytes, snapshot: str, answer: Answer) -> bool:
        """Keep it only if the cache follows the primary: whether a standby's feed has told all of it, nobody knows."""
        return self._nodes.followed is self._nodes.primary and self._cache.keep_list(start, target, snapshot, answer)


class _StandbyLedger:
    """What reads of a standby are offered to."""

    def __init__(self, nodes: Nodes, node: Node, cache: Cache) -> None:
        self._nodes, self._node, self._cache = nodes, node, cache
        self.start, self.keep_item = cache.start, cache.keep_item

    def show(self, snapshot: str, connected: float, shown: Iterable[tuple[int, int | None]]) -> Collection[int]:
        """Refuse what was shown newer, by the primary or by a node that was asked before."""
        shown = list(shown)
        if self._nodes.followed is not self._node:
            return {item_id for item_id, _ in shown}
        behind = self._nodes.shown.newer_than(self._node, shown)
        # what is settled by its feed may still be lacking in a read that was sent before
        behind |= {
            item_id for item_id, version in shown if version is not None and version < self._cache.floor(item_id)
        }
        shown = [pair for pair in shown if pair[0] not in behind]
        xmin, xmax, _ = snapshot.split(":")
        # Only where nothing is in progress does a snapshot of a standby say all that it saw.
        if xmin != xmax or self._cache.ahead(snapshot, connected):
            self._cache.witness(shown)
        self._nodes.shown.note(self._node, shown)
        return behind

    def keep_list(self, start: Start, target: bytes, snapshot: str, answer: Answer) -> bool:
        """Keep it if what was reported meanwhile was seen for sure: only below xmin nothing was in progress."""
        xmin = snapshot.partition(":")[0]
        return self._cache.keep_list(start, target, f"{xmin}:{xmin}:", answer)
