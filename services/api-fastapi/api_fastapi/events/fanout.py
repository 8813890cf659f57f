"""Send all subscribers what the feed reports: one fan-out for the worker.

Between two batches all streams are at one position, `_delivered_up_to`: whoever is joined has been sent everything up
to it. `catch_up` sends who resumes what it has missed up to there, and lets it join. That takes turns with making and
sending a batch: so nothing falls in between, and nobody is sent a newer version of an item before an older one.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Protocol

import psycopg

from api_fastapi.cache.coherent_cache import CoherentCache
from api_fastapi.change_feed.change import Change
from api_fastapi.database.errors import DatabaseUnavailableError
from api_fastapi.events.coalescing import Changes, merge
from api_fastapi.events.event_encoding import ItemReader, encode_events
from api_fastapi.events.event_id import StreamPosition
from api_fastapi.events.frames import Batch, Event, framed, resync
from api_fastapi.events.replay import ChangeReplay, ReplaySource
from api_fastapi.events.subscriber import Subscriber

logger = logging.getLogger(__name__)

HEARTBEAT = 15
# Changed items that wait to be sent, beyond which all subscribers are sent a resync.
_MOST_PENDING = 2_000
# Streams written to in one step of the event loop: reads are answered in between.
_AT_ONCE = 100
# Seconds until what the database could not answer is tried again.
_PAUSE = 0.25


class Reads(ReplaySource, ItemReader, Protocol):
    """Where changes and items are read."""


class EventFanout:
    """The streams of this worker."""

    def __init__(self, reads: Reads, cache: CoherentCache, most: int) -> None:
        """Admit up to `most` streams; look up what was missed by `reads`, and items through `cache` and `reads`."""
        self._replay = ChangeReplay(reads)
        self._cache = cache
        self._reader = reads
        self._most = most
        self._all: set[Subscriber] = set()
        self._joined: set[Subscriber] = set()
        # who has yet to be sent what it missed, by where it was
        self._resuming: dict[Subscriber, StreamPosition | None] = {}
        self._arrival = asyncio.Event()
        # what the feed has reported, and what of it was sent
        self._received_up_to: StreamPosition | None = None
        self._delivered_up_to: StreamPosition | None = None
        self._pending: Changes = {}
        self._lost = False
        self._sending = False
        # moves to other servers, and how many of them have been bridged
        self._moves = self._bridged = 0
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()

    # --- what the feed reports ---

    def report(self, incarnation: bytes, snapshot: str, changes: Collection[Change]) -> None:
        """Take in a poll that continues the one before."""
        self._received_up_to = StreamPosition.of(incarnation, snapshot)
        # also without subscribers: who resumes now is caught up to what was delivered, and counts on what comes after
        if changes and not self._lost:
            for change in changes:
                if change.item_id is None or change.version is None:
                    return self._lose()  # a TRUNCATE
                merge(self._pending, change.item_id, change.version, change.left)
            if len(self._pending) > _MOST_PENDING:
                return self._lose()
            self._news.set()
        if self._moved:
            self._news.set()
        elif not (self._pending or self._sending or self._lost):
            self._delivered_up_to = self._received_up_to
        return None

    def report_loss(self, incarnation: bytes, snapshot: str) -> None:
        """Take in a poll before which anything may have changed."""
        self._received_up_to = StreamPosition.of(incarnation, snapshot)
        if self._delivered_up_to is None:
            # the first: nothing has been delivered here
            self._delivered_up_to = self._received_up_to
            self._arrival.set()
        else:
            self._lose()

    def report_move(self) -> None:
        """Learn that the polls to come are another server's, and do not continue the one before.

        What was not delivered yet is looked up there, from what was delivered on: also what is pending here.
        """
        self._moves += 1
        self._received_up_to = None
        self._pending.clear()

    @property
    def _moved(self) -> bool:
        return self._moves != self._bridged

    def _lose(self) -> None:
        self._pending.clear()
        self._lost = True
        self._news.set()

    # --- who comes and goes ---

    @property
    def full(self) -> bool:
        """There are as many streams as this worker takes."""
        return len(self._all) >= self._most

    def admit(self, subscriber: Subscriber, position: StreamPosition | None) -> None:
        """Let a stream in that has all up to `position`, or wants nothing from before it came."""
        self._all.add(subscriber)
        if position is None and self._delivered_up_to is not None:
            self._join(subscriber, [])
        else:
            self._resuming[subscriber] = position
            self._arrival.set()

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a stream that is over."""
        self._all.discard(subscriber)
        self._joined.discard(subscriber)
        self._resuming.pop(subscriber, None)

    def resync(self, subscriber: Subscriber) -> None:
        """Send a resync to one that has missed something."""
        if self._delivered_up_to is not None:
            subscriber.send(resync(self._delivered_up_to).chunk(subscriber.wanted))

    def _join(self, subscriber: Subscriber, batches: list[Batch]) -> None:
        for batch in batches:
            subscriber.send(batch.chunk(subscriber.wanted))
        if self._delivered_up_to is not None:
            subscriber.send(_position_chunk(self._delivered_up_to))
        self._joined.add(subscriber)

    async def catch_up(self) -> None:
        """Send those who resume what they have missed, one position after the other, until cancelled."""
        while True:
            await self._arrival.wait()
            self._arrival.clear()
            while self._resuming and self._delivered_up_to is not None and not self._moved:
                position = next(iter(self._resuming.values()))
                try:
                    async with self._turn:
                        batches = await self._since(position, self._delivered_up_to)
                        if self._moved:
                            continue  # whether it was read from a server that has all that was delivered, nobody knows
                        # those too who have come meanwhile
                        for subscriber in [one for one, was in self._resuming.items() if was == position]:
                            del self._resuming[subscriber]
                            self._join(subscriber, batches)
                except (DatabaseUnavailableError, psycopg.Error) as error:
                    logger.warning("streams wait to be resumed: %s", error)
                    await asyncio.sleep(_PAUSE)

    async def _since(self, position: StreamPosition | None, end: StreamPosition) -> list[Batch]:
        if position is None:
            return []
        changes = await self._replay.between(position, end)
        events = None if changes is None else await self._encoded(changes)
        return [Batch(position, end, events)]

    async def _encoded(self, changes: Changes) -> list[Event] | None:
        """Return the events, None (read again) where they are too large, or a mistake of ours keeps them from us."""
        try:
            return await encode_events(changes, self._cache, self._reader)
        except (DatabaseUnavailableError, psycopg.Error):
            raise
        except Exception:
            logger.exception("changes cannot be sent")
            return None

    # --- sending ---

    async def run(self) -> None:
        """Send what is reported, and heartbeats, until cancelled."""
        clock = asyncio.get_running_loop().time
        beat = clock() + HEARTBEAT
        while True:
            try:
                async with asyncio.timeout_at(beat):
                    await self._news.wait()
            except TimeoutError:
                pass
            if clock() >= beat:
                beat = clock() + HEARTBEAT
                await self._heartbeat()
            if self._news.is_set():
                self._news.clear()
                try:
                    async with self._turn:
                        await self._send()
                except (DatabaseUnavailableError, psycopg.Error) as error:
                    logger.warning("changes wait to be sent: %s", error)
                    await asyncio.sleep(_PAUSE)
                    self._news.set()

    async def _send(self) -> None:
        end, start = self._received_up_to, self._delivered_up_to
        if end is None or start is None:
            return
        changes, lost, moves = self._pending, self._lost, self._moves
        self._pending, self._lost, self._sending = {}, False, True
        try:
            if self._moved and not lost:
                lost = not await self._bridge(start, end, changes)
            wanted = self._wanted(changes)
            events = None if lost else await self._encoded(wanted)
            while events is not None and (now := self._wanted(changes)).keys() > wanted.keys():
                wanted = now  # a subscriber has come meanwhile that wants others
                events = await self._encoded(wanted)
        except (DatabaseUnavailableError, psycopg.Error):
            for item_id, changed in changes.items():
                merge(self._pending, item_id, *changed)
            raise
        finally:
            self._sending = False
        batch = Batch(start, end, events)
        self._delivered_up_to, self._bridged = end, moves
        self._arrival.set()  # who came while it was moved
        await self._to_all(self._joined, lambda subscriber: subscriber.send(batch.chunk(subscriber.wanted)))

    async def _bridge(self, start: StreamPosition, end: StreamPosition, changes: Changes) -> bool:
        """Add to `changes` what this server's feed had before it was followed; return False where nobody knows."""
        moves = self._moves
        missed = await self._replay.between(start, end)
        if moves != self._moves:
            raise DatabaseUnavailableError("another server is followed by now")
        for item_id, changed in (missed or {}).items():
            merge(changes, item_id, *changed)
        return missed is not None

    def _wanted(self, changes: Changes) -> Changes:
        """Leave out items that no subscriber wants, where all want certain items."""
        wanted: set[int] = set()
        for subscriber in self._all:
            if subscriber.wanted.ids is None:
                return changes
            wanted |= subscriber.wanted.ids
        return {item_id: changes[item_id] for item_id in wanted & changes.keys()}

    async def _heartbeat(self) -> None:
        """Comments keep the connections open; with a position, quiet streams too resume from near where they were."""
        position = _position_chunk(self._delivered_up_to) if self._delivered_up_to is not None else b""
        await self._to_all(self._joined, lambda subscriber: subscriber.heartbeat(position))
        await self._to_all(self._all - self._joined, lambda subscriber: subscriber.heartbeat(framed(b":\n\n")))

    async def _to_all(self, subscribers: Collection[Subscriber], deed: Callable[[Subscriber], None]) -> None:
        for number, subscriber in enumerate(tuple(subscribers), 1):
            deed(subscriber)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)


def _position_chunk(position: StreamPosition) -> bytes:
    """Return a comment, and an id without an event: clients remember it and show nothing."""
    return framed(b":\nid: %b\n\n" % position.encode())
