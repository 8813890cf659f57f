"""Follow the change feed, and tell the cache and the streams."""

import asyncio
import logging
from pathlib import Path
from time import monotonic

import psycopg
from psycopg.pq.abc import PGresult

from api_fastapi.cache import Cache, Change
from api_fastapi.events.broadcast import Broadcast
from api_fastapi.link import Link, LinkLostError
from api_fastapi.links import Links
from api_fastapi.settings import Settings
from api_fastapi.unavailable import DatabaseUnavailableError

logger = logging.getLogger(__name__)

_POLL = Path(__file__).with_name("feed.sql").read_bytes()
_ATTEND = b"SELECT item_feed_attend()"
_ATTEND_EVERY = 60
# Changes in one poll beyond which everything is forgotten: that is cheaper than to go through them.
_MANY = 2000
# Seconds for an answer; a line that is cut off without a word is given up while the lease still runs.
_PATIENCE = 1
# Seconds to wait after a failure, doubled with each in a row.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5


class Feed:
    """One reader of the feed, on a connection of its own, because a poll must never wait for another statement."""

    def __init__(self, settings: Settings, links: Links, cache: Cache, broadcast: Broadcast) -> None:
        """Report to `cache`, then to `broadcast`, from `run` on; what keeps the feed in order is run over `links`."""
        self._settings = settings
        self._links = links
        self._cache = cache
        self._broadcast = broadcast
        self._interval = settings.feed_poll_ms / 1000
        # What was seen last, and in which life of the database.
        self._seen = b"1:1:"
        self._token: bytes | None = None
        # without a cache nothing has to wait until it is coherent
        self.caught_up = not settings.cache_memory_mb

    async def run(self) -> None:
        """Follow until cancelled. While the feed cannot be read the lease runs out, and the cache is not used."""
        pause = _FIRST_PAUSE
        while True:
            link = None
            try:
                # a plan for the values at hand: one for all of them reads the whole feed
                link = await Link.open(self._settings, "force_custom_plan", "api-fastapi feed")
                # Before the first poll: after a crash or a fail-over there is no token until somebody makes one.
                await link.run(b"attend", _ATTEND, [], self._settings.database_statement_timeout_ms / 1000)
                while True:
                    await self._poll_and_rest(link)
                    pause = _FIRST_PAUSE
            except (LinkLostError, DatabaseUnavailableError, psycopg.Error) as error:
                logger.warning("the change feed is interrupted: %s", error or error.__cause__)
            finally:
                if link is not None:
                    link.close()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def keep_in_order(self) -> None:
        """Trim the feed now and then, until cancelled; beside the polls, because it may take a while."""
        while True:
            await asyncio.sleep(_ATTEND_EVERY)
            try:
                await self._links.run(b"attend", _ATTEND, [])
            except (DatabaseUnavailableError, psycopg.Error) as error:
                logger.warning("the change feed was not trimmed: %s", error)

    async def _poll_and_rest(self, link: Link) -> None:
        began = monotonic()
        await self._poll(link, began)
        # the rest of the interval, but never none: the process has requests to answer
        await asyncio.sleep(max(began + self._interval - monotonic(), self._interval / 10))

    async def _poll(self, link: Link, began: float) -> None:
        result = await link.run(b"poll", _POLL, [self._seen, b"%d" % (_MANY + 1)], _PATIENCE)
        snapshot, token = result.get_value(0, 0), result.get_value(0, 1)
        if snapshot is None or token is None:
            raise LinkLostError("the database has begun another life")  # connecting again makes a token
        if token != self._token or b"t" in (result.get_value(0, 2), result.get_value(0, 3)) or result.ntuples > _MANY:
            # The cursor says nothing about what happened, or too much happened: begin anew, from this snapshot.
            self._cache.flush()
            self._cache.renew(began, snapshot.decode(), ())
            self._broadcast.report_loss(token, snapshot.decode())
        else:
            changes = _changes(result)
            self._cache.renew(began, snapshot.decode(), changes)
            self._broadcast.report(token, snapshot.decode(), changes)
        # across a lost connection as well: what was missed meanwhile comes with the next poll, unless the above finds
        # that it cannot
        self._seen, self._token, self.caught_up = snapshot, token, True


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
