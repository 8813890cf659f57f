"""Poll the change feed of one server, and report what each poll brings."""

import asyncio
import logging
from pathlib import Path
from time import monotonic
from typing import NamedTuple, Protocol

import psycopg
from psycopg.pq.abc import PGresult

from api_fastapi.change_feed.change import Change
from api_fastapi.database.errors import DatabaseUnavailableError
from api_fastapi.database.libpq_connection import Connection, ConnectionLostError, Endpoint
from api_fastapi.database.libpq_pool import ConnectionPool
from api_fastapi.database.snapshot import Snapshot
from api_fastapi.settings import Settings

logger = logging.getLogger(__name__)


def _statement(server: str) -> bytes:
    here = Path(__file__)
    incarnation = here.with_name(f"incarnation_of_{server}.sql").read_bytes().strip()
    return here.with_name("feed.sql").read_bytes().replace(b":incarnation", incarnation)


_POLL, _POLL_STANDBY = _statement("primary"), _statement("standby")
_TRIM = b"SELECT item_feed_attend()"
_TRIM_EVERY = 60
# Changes in one poll beyond which everything is forgotten: that is cheaper than to go through them.
_MANY = 2000
# Seconds for an answer; a line that is cut off without a word is given up while the lease still runs.
_PATIENCE = 1
# Seconds to wait after a failure, doubled with each in a row.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
# Before anything was seen.
_NOTHING = "1:1:"


class Poll(NamedTuple):
    """What one poll of the feed brought."""

    began: float
    snapshot: str  # as a read that sees the same has it
    # of all that had ended when it began, reads before it have seen no more, and reads after it see no less
    visible_upper_bound: Snapshot
    delivered_up_to: str  # the snapshot up to which all changes have come, with this poll
    incarnation: str  # of the database: where, on which timeline, since when
    resync_required: bool  # the cursor says nothing about what happened, or too much happened: all may have changed
    changes: list[Change]
    promoted: bool = False  # it was a standby when it was polled before, and is none now


class FeedObserver(Protocol):
    """What polls are reported to."""

    def polled(self, poll: Poll) -> None:
        """Take in what a poll brought."""

    def lost(self) -> None:
        """Learn that the feed cannot be read for now."""


class FeedPoller:
    """Polls the feed on a connection of its own, because a poll must never wait for another statement."""

    _statement = _POLL

    def __init__(self, settings: Settings, endpoint: Endpoint, observer: FeedObserver, bounded: bool = False) -> None:
        """Report to `observer`, from `run` on; `bounded`: with a visible upper bound, to be compared with standbys."""
        self._settings = settings
        self._endpoint = endpoint
        self._observer = observer
        self.interval = settings.feed_poll_ms / 1000
        # What was seen last, and in which incarnation of the database.
        self._seen = _NOTHING
        self._incarnation: str | None = None
        self._bound = _NOTHING if bounded else None
        # without a cache nothing has to wait until it is coherent
        self.caught_up = not settings.cache_memory_mb

    async def run(self) -> None:
        """Poll until cancelled."""
        pause = _FIRST_PAUSE
        while True:
            connection = None
            try:
                # a plan for the values at hand: one for all of them reads the whole feed
                connection = await Connection.open_any(
                    self._settings, self._endpoint, "force_custom_plan", "api-fastapi feed"
                )
                await self._begin(connection)
                while True:
                    await self._poll_and_rest(connection)
                    pause = _FIRST_PAUSE
            except (ConnectionLostError, DatabaseUnavailableError, psycopg.Error) as error:
                level = logging.WARNING if pause == _FIRST_PAUSE else logging.DEBUG  # once is enough
                reason = str(error) or repr(error.__cause__ or error)
                logger.log(level, "the change feed of %s is interrupted: %s", self._endpoint, reason)
                self._observer.lost()
            finally:
                if connection is not None:
                    connection.close()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _begin(self, connection: Connection) -> None:
        # Before the first poll: after a crash or a fail-over there is no token until somebody makes one.
        await connection.run(b"trim", _TRIM, [], self._settings.database_statement_timeout_ms / 1000)
        self._endpoint.server_address = connection.server_address
        if self._bound is not None:
            self._bound = _NOTHING

    async def _poll_and_rest(self, connection: Connection) -> None:
        began = monotonic()
        poll = await self._poll(connection, began)
        self.caught_up = True
        self._observer.polled(poll)
        # the rest of the interval, but never none: the process has requests to answer
        await asyncio.sleep(max(began + self.interval - monotonic(), self.interval / 10))

    async def _poll(self, connection: Connection, began: float) -> Poll:
        result = await self._ask(connection, self._bound, _PATIENCE)
        seen, incarnation = self._heading(result)
        resync_required = self._resync_required(incarnation, result)
        bound = _visible_upper_bound(seen, result)
        # across a lost connection as well: what was missed meanwhile comes with the next poll, unless the above finds
        # that it cannot
        self._seen, self._incarnation = seen.text, incarnation
        if self._bound is not None:
            self._bound = bound.text
        changes = [] if resync_required else [change for _, change in _changes(result)]
        return Poll(began, seen.text, bound, seen.text, incarnation, resync_required, changes)

    async def _ask(self, connection: Connection, bound: str | None, patience: float) -> PGresult:
        values = [self._seen.encode(), b"%d" % (_MANY + 1), None if bound is None else bound.encode()]
        return await connection.run(b"poll", self._statement, values, patience)

    def _heading(self, result: PGresult) -> tuple[Snapshot, str]:
        """Return the snapshot of a poll, and the incarnation of the database."""
        snapshot, incarnation = result.get_value(0, 0), result.get_value(0, 1)
        if snapshot is None or incarnation is None:
            raise ConnectionLostError("the database has begun another incarnation")  # connecting again makes a token
        return Snapshot.parse(snapshot.decode()), incarnation.decode()

    def _resync_required(self, incarnation: str, result: PGresult) -> bool:
        lost_track = b"t" in (result.get_value(0, 2), result.get_value(0, 3)) or result.ntuples > _MANY
        return lost_track or incarnation != self._incarnation


class StandbyFeedPoller(FeedPoller):
    """Polls the feed of a standby, where snapshots do not tell what is in progress: `feed.sql` has the argument."""

    _statement = _POLL_STANDBY

    def __init__(self, settings: Settings, endpoint: Endpoint, observer: FeedObserver) -> None:
        """Report to `observer`, from `run` on."""
        super().__init__(settings, endpoint, observer)
        self._last = Snapshot.parse(_NOTHING)
        self._brought: set[bytes | None] = set()

    async def _begin(self, connection: Connection) -> None:
        self._endpoint.server_address = connection.server_address
        # after a lost connection everything is read again
        self._incarnation = None
        self._seen = _NOTHING

    async def _poll(self, connection: Connection, began: float) -> Poll:
        # the first has to look at all that is in progress
        patience = self._settings.database_statement_timeout_ms / 1000 if self._incarnation is None else _PATIENCE
        result = await self._ask(connection, self._seen, patience)
        seen, incarnation = self._heading(result)
        resync_required = self._resync_required(incarnation, result)
        bound = _visible_upper_bound(seen, result)
        # What was in progress when the bound was taken may be over in the snapshot, not the other way round: so this
        # poll is measured by the bound before it. Where all is forgotten now, nothing older matters.
        self._seen = bound.text if resync_required else self._last.text
        self._last, self._incarnation = bound, incarnation
        found = _changes(result)
        again, self._brought = self._brought, {seq for seq, _ in found}
        changes = [] if resync_required else [change for seq, change in found if seq not in again]
        return Poll(began, seen.text, bound, self._seen, incarnation, resync_required, changes, _promoted(result))

    def _heading(self, result: PGresult) -> tuple[Snapshot, str]:
        snapshot, incarnation = result.get_value(0, 0), result.get_value(0, 1)
        never_a_standby = self._incarnation is None and _promoted(result)
        if snapshot is None or incarnation is None or never_a_standby:
            raise ConnectionLostError("it is no standby any more, is paused, or has not heard from its primary yet")
        return Snapshot.parse(snapshot.decode()), incarnation.decode()


async def maintain(pool: ConnectionPool) -> None:
    """Trim the feed now and then, until cancelled; beside the polls, because it may take a while."""
    while True:
        await asyncio.sleep(_TRIM_EVERY)
        try:
            await pool.run(b"trim", _TRIM, [])
        except (DatabaseUnavailableError, psycopg.Error) as error:
            logger.warning("the change feed was not trimmed: %s", error)


def _visible_upper_bound(seen: Snapshot, result: PGresult) -> Snapshot:
    return seen.with_in_progress((result.get_value(0, 4) or b"").decode())


def _promoted(result: PGresult) -> bool:
    return result.get_value(0, 5) == b"t"


def _changes(result: PGresult) -> list[tuple[bytes | None, Change]]:
    """Return the changes of a poll with their `seq`; its one row has none where nothing has changed."""
    value = result.get_value
    changes = []
    for row in range(result.ntuples):
        tx, item_id, version, left, seq = (value(row, column) for column in range(6, 11))
        if tx is not None:
            change = Change(
                int(tx),
                int(item_id) if item_id else None,
                int(version) if version else None,
                (left.decode(),) if left else (),
            )
            changes.append((seq, change))
    return changes
