"""Follow the change feed of one database, and tell what it brings."""

import asyncio
import logging
from pathlib import Path
from time import monotonic
from typing import NamedTuple, Protocol

import psycopg
from psycopg.pq.abc import PGresult

from api_fastapi.cache import Cache, Change
from api_fastapi.events.broadcast import Broadcast
from api_fastapi.link import Link, LinkLostError, Place
from api_fastapi.links import Links
from api_fastapi.settings import Settings
from api_fastapi.snapshot import Snapshot
from api_fastapi.unavailable import DatabaseUnavailableError

logger = logging.getLogger(__name__)

_POLL = Path(__file__).with_name("feed.sql").read_bytes()
_POLL_STANDBY = Path(__file__).with_name("standby.sql").read_bytes()
_ATTEND = b"SELECT item_feed_attend()"
_ATTEND_EVERY = 60
# Changes in one poll beyond which everything is forgotten: that is cheaper than to go through them.
_MANY = 2000
# Seconds for an answer; a line that is cut off without a word is given up while the lease still runs.
_PATIENCE = 1
# Seconds to wait after a failure, doubled with each in a row.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
# Before anything was seen.
_NOTHING = "1:1:"


class Poll(NamedTuple):
    """What a look at the feed brought."""

    began: float
    snapshot: str  # as a read that sees the same has it
    covered: Snapshot  # what reads have seen at most that had ended when it began, and see at least from now on
    told: str  # the snapshot up to which all changes have come, with this poll
    life: str  # of the database: where, on which timeline, since when
    anew: bool  # the cursor says nothing about what happened, or too much happened: all may have changed
    changes: list[Change]
    promoted: bool = False  # it was a standby when it was looked at before, and is none now


class Follower(Protocol):
    """Who is told."""

    def polled(self, poll: Poll) -> None:
        """Take in what a poll brought."""

    def lost(self) -> None:
        """Learn that the feed cannot be read for now."""


class Coherence:
    """Keeps the cache coherent with what is read, then tells the streams."""

    def __init__(self, cache: Cache, broadcast: Broadcast) -> None:
        """Report to `cache` and `broadcast`."""
        self._cache = cache
        self._broadcast = broadcast

    def polled(self, poll: Poll, lag: float = 0.0) -> None:
        """Pass a poll on; `lag` seconds before it began nothing was missing."""
        life = poll.life.encode()
        if poll.anew:
            self._cache.flush()
            self._cache.renew(poll.began - lag, poll.snapshot, ())
            self._broadcast.report_loss(life, poll.told)
        else:
            self._cache.renew(poll.began - lag, poll.snapshot, poll.changes)
            self._broadcast.report(life, poll.told, poll.changes)

    def moved(self) -> None:
        """Learn that the next poll is of another node."""
        self._cache.flush()
        self._broadcast.report_move()

    def lost(self) -> None:
        """Leave it to the lease, which runs out."""


class Feed:
    """One reader of the feed, on a connection of its own, because a poll must never wait for another statement."""

    def __init__(self, settings: Settings, place: Place, follower: Follower, covering: bool = False) -> None:
        """Tell `follower`, from `run` on; `covering`: also of what is in progress, to be compared with standbys."""
        self._settings = settings
        self._place = place
        self._follower = follower
        self.interval = settings.feed_poll_ms / 1000
        # What was seen last, and in which life of the database.
        self._seen = _NOTHING
        self._life: str | None = None
        self._covered = _NOTHING if covering else None
        # without a cache nothing has to wait until it is coherent
        self.caught_up = not settings.cache_memory_mb

    async def run(self) -> None:
        """Follow until cancelled."""
        pause = _FIRST_PAUSE
        while True:
            link = None
            try:
                # a plan for the values at hand: one for all of them reads the whole feed
                link = await Link.open_any(self._settings, self._place, "force_custom_plan", "api-fastapi feed")
                await self._begin(link)
                while True:
                    await self._poll_and_rest(link)
                    pause = _FIRST_PAUSE
            except (LinkLostError, DatabaseUnavailableError, psycopg.Error) as error:
                level = logging.WARNING if pause == _FIRST_PAUSE else logging.DEBUG  # once is enough
                logger.log(level, "the change feed of %s is interrupted: %s", self._place, error or error.__cause__)
                self._follower.lost()
            finally:
                if link is not None:
                    link.close()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _begin(self, link: Link) -> None:
        # Before the first poll: after a crash or a fail-over there is no token until somebody makes one.
        await link.run(b"attend", _ATTEND, [], self._settings.database_statement_timeout_ms / 1000)
        self._place.server = link.server
        if self._covered is not None:
            self._covered = _NOTHING

    async def _poll_and_rest(self, link: Link) -> None:
        began = monotonic()
        await self._poll(link, began)
        # the rest of the interval, but never none: the process has requests to answer
        await asyncio.sleep(max(began + self.interval - monotonic(), self.interval / 10))

    async def _poll(self, link: Link, began: float) -> None:
        covered = None if self._covered is None else self._covered.encode()
        result = await link.run(b"poll", _POLL, [self._seen.encode(), b"%d" % (_MANY + 1), covered], _PATIENCE)
        seen, life = self._heading(result)
        anew = life != self._life or self._lost_track(result)
        poll = Poll(began, seen.text, _covered(seen, result), seen.text, life, anew, [] if anew else _changes(result))
        # across a lost connection as well: what was missed meanwhile comes with the next poll, unless the above finds
        # that it cannot
        self._seen, self._life, self.caught_up = seen.text, life, True
        if covered is not None:
            self._covered = poll.covered.text
        self._follower.polled(poll)

    def _heading(self, result: PGresult) -> tuple[Snapshot, str]:
        """Return the snapshot of a poll, and the life of the database."""
        snapshot, life = result.get_value(0, 0), result.get_value(0, 1)
        if snapshot is None or life is None:
            raise LinkLostError("the database has begun another life")  # connecting again makes a token
        return Snapshot.parse(snapshot.decode()), life.decode()

    def _lost_track(self, result: PGresult) -> bool:
        return b"t" in (result.get_value(0, 2), result.get_value(0, 3)) or result.ntuples > _MANY


class StandbyFeed(Feed):
    """The feed as a standby has it, where snapshots do not tell what is in progress (`standby.sql`)."""

    def __init__(self, settings: Settings, place: Place, follower: Follower) -> None:
        """Tell `follower`, from `run` on."""
        super().__init__(settings, place, follower)
        self._last = Snapshot.parse(_NOTHING)
        self._brought: set[bytes | None] = set()

    async def _begin(self, link: Link) -> None:
        self._place.server = link.server
        # whoever comes back begins anew
        self._life = None
        self._seen = _NOTHING

    async def _poll(self, link: Link, began: float) -> None:
        # the first has to look at all that is in progress
        patience = self._settings.database_statement_timeout_ms / 1000 if self._life is None else _PATIENCE
        result = await link.run(b"poll", _POLL_STANDBY, [self._seen.encode(), b"%d" % (_MANY + 1)], patience)
        seen, life = self._heading(result)
        anew = life != self._life or self._lost_track(result)
        covered = _covered(seen, result)
        # What was in progress in the last column's time may be over in that of the snapshot, not the other way round:
        # so this poll is measured by what was covered before it. Where all is forgotten now, nothing older matters.
        self._seen = covered.text if anew else self._last.text
        self._last, self._life = covered, life
        again, self._brought = self._brought, {result.get_value(row, 9) for row in range(result.ntuples)}
        changes = [] if anew else [change for seq, change in _numbered(result) if seq not in again]
        promoted = result.get_value(0, 10) == b"t"
        self._follower.polled(Poll(began, seen.text, covered, self._seen, life, anew, changes, promoted))

    def _heading(self, result: PGresult) -> tuple[Snapshot, str]:
        snapshot, life = result.get_value(0, 0), result.get_value(0, 1)
        stranger = self._life is None and result.get_value(0, 10) == b"t"
        if snapshot is None or life is None or stranger:
            raise LinkLostError("it is no standby any more, is paused, or has not heard from its primary yet")
        return Snapshot.parse(snapshot.decode()), life.decode()


async def keep_in_order(links: Links) -> None:
    """Trim the feed now and then, until cancelled; beside the polls, because it may take a while."""
    while True:
        await asyncio.sleep(_ATTEND_EVERY)
        try:
            await links.run(b"attend", _ATTEND, [])
        except (DatabaseUnavailableError, psycopg.Error) as error:
            logger.warning("the change feed was not trimmed: %s", error)


def _covered(seen: Snapshot, result: PGresult) -> Snapshot:
    return seen.with_in_progress((result.get_value(0, 8) or b"").decode())


def _changes(result: PGresult) -> list[Change]:
    """Return the changes of a poll; its one row has none where nothing has changed."""
    value = result.get_value
    changes = []
    for row in range(result.ntuples):
        tx, item_id, version, left = (value(row, column) for column in range(4, 8))
        if tx is not None:
            changes.append(
                Change(
                    int(tx),
                    int(item_id) if item_id else None,
                    int(version) if version else None,
                    (left.decode(),) if left else (),
                )
            )
    return changes


def _numbered(result: PGresult) -> list[tuple[bytes | None, Change]]:
    return [(result.get_value(row, 9), change) for row, change in enumerate(_changes(result))]
