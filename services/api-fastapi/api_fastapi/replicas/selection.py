"""Which of a primary and its standbys is followed: the cache follows its feed, and plain reads go to it.

`docs/decisions/0013-reads-from-standbys.md` has the argument; each rule says here what it prevents.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from api_fastapi.change_feed.poller import Poll
from api_fastapi.replicas.lag import PrimaryHistory
from api_fastapi.replicas.monotonic_reads import ReturnedVersions
from api_fastapi.replicas.server import Incarnation, PolledServer
from api_fastapi.settings import Settings

logger = logging.getLogger(__name__)

# Seconds between polls of a server that is not followed.
WATCH = 0.1
# Seconds for which a standby must have been good before it is followed (again).
_PROBATION = 1.0
# Seconds after which a standby that still lacks what the primary had returned is measured by something newer.
_MARK_AGE = 1.0
# Seconds for which the primary may lack what a standby has returned.
UNCONFIRMED = 1.0


class Coherence(Protocol):
    """What polls of the followed server are reported to."""

    def polled(self, poll: Poll, lag: float = 0.0) -> None:
        """Take in a poll; `lag` seconds before it began nothing was missing."""

    def moved(self) -> None:
        """Learn that the next poll is of another server."""

    def lost(self) -> None:
        """Learn that the feed cannot be read for now."""


class Selection:
    """Follows one server, hears of polls of all, and moves on when there is a reason."""

    coherence: Coherence

    def __init__(self, settings: Settings, primary: PolledServer, standbys: Sequence[PolledServer]) -> None:
        """Follow the primary until a standby has proved good."""
        self.primary, self._standbys = primary, standbys
        self.followed = primary
        self.returned = ReturnedVersions()
        self.usable = asyncio.Event()
        self._most_lag = settings.read_max_lag_ms / 1000
        self._often = settings.feed_poll_ms / 1000
        # Which database this is, on which timeline, since when.
        self._incarnation: Incarnation | None = None
        self._history = PrimaryHistory(self._most_lag + WATCH)
        # A poll of the server that is followed: one that has all of its visible upper bound may be followed instead.
        self._mark: Poll | None = None
        # What standbys returned before then the primary has, too: it may make visible later what they were sent.
        self._confirmed = 0.0
        for server in (primary, *standbys):
            server.report_to(self._polled, self._choose)

    def fit(self, server: PolledServer) -> bool:
        """Tell whether a server may be read from."""
        return server.up and server.incarnation == self._incarnation and server.lag <= self._most_lag

    @property
    def outdated_primary(self) -> bool:
        """Whether the server that is named as the primary is on an old timeline."""
        present, named = self._incarnation, self.primary.incarnation
        return present is not None and named is not None and named.timeline < present.timeline

    def _polled(self, server: PolledServer, poll: Poll) -> None:
        if poll.promoted and server is not self.followed:
            # It is for the primary's name to lead there. Only who reads from it already goes on until that is so.
            server.lost()
            return
        self._learn(server)
        if server is self.primary:
            if server.incarnation == self._incarnation:
                self._history.add(poll)
            self._confirm(poll)
        else:
            # of a promoted one nothing is known that it could lack
            server.lag = 0.0 if poll.promoted else self._history.lag(poll)
        self._choose()
        if server is not self.followed or not self.fit(server):
            return
        # from when the primary had nothing that this one lacks
        self.coherence.polled(poll, server.lag)
        if (
            self._mark is None
            or server is not self.primary
            or poll.began > self._mark.began + _MARK_AGE
            or not any(map(self.fit, self._standbys))
        ):
            self._mark = poll
        # It has what it returned itself before it was polled, and what any had returned when the primary had no more.
        everything = self._mark.began if server is self.primary else self._history.newest - server.lag
        confirmed = max(self._confirmed, poll.began - UNCONFIRMED)
        own = self._mark.began if server is self.primary else min(self._mark.began, confirmed)
        self.returned.settle(server, own, min(everything, confirmed))

    def _learn(self, server: PolledServer) -> None:
        """Find out which incarnation is the present one; a later timeline always wins, else what the primary says."""
        found, known = server.incarnation, self._incarnation
        assert found is not None
        if server is self.primary:
            news = known is None or found.timeline >= known.timeline
        else:
            news = known is not None and found.home == known.home and found.timeline > known.timeline
        if news and found != known:
            self._incarnation = found
            # what the incarnation before had is measured by other transactions, and may be lost
            self._history.clear()
            self.returned.clear()
            self._mark = None

    def _confirm(self, poll: Poll) -> None:
        """Find out what the primary has of what standbys have returned."""
        followed = self.followed.poll
        if self.followed is self.primary or followed is None:
            return
        if poll.visible_upper_bound.contains(followed.visible_upper_bound):
            self._confirmed = followed.began

    def _choose(self) -> None:
        """Move to another server where there is a reason, and one that may be followed."""
        now = asyncio.get_running_loop().time()
        for server in self._standbys:
            server.good_since = (server.good_since or now) if self.fit(server) else None
        if not self.fit(self.followed) and self.followed is not self.primary:
            self._follow(self.primary)
        if self.followed is self.primary:
            away = not self.fit(self.primary)
            for server in self._standbys:
                if server.good_since is not None and self._mark is not None and server.poll is not None:
                    proven = away or now - server.good_since >= _PROBATION
                    # behind the mark it would take back what was returned; what was returned since is in `returned`
                    if proven and server.poll.visible_upper_bound.contains(self._mark.visible_upper_bound):
                        self._follow(server)
                        break
        if self.fit(self.followed):
            self.usable.set()
        else:
            self.usable.clear()

    def _follow(self, server: PolledServer) -> None:
        logger.info("reads go to %s", "the primary" if server is self.primary else server.endpoint)
        for each in (self.followed, server):
            each.poller.interval = self._often if each is server else WATCH
            if each is not self.primary:
                each.abandon()  # reads that were sent before tell of another time
        self.followed = server
        self.coherence.moved()
