"""Tell all who follow what the feed reports: one fan-out for the worker.

Between two batches all streams are at one position, `_told`: whoever is joined has been sent everything up to it. Who
resumes is told by `catch_up` what it has missed up to there, and joins. That takes turns with making and telling a
batch: so nothing falls in between, and nobody is told a newer version of an item before an older one.
"""

import asyncio
import logging
from collections.abc import Callable, Collection

import psycopg

from api_fastapi.cache import Cache, Change
from api_fastapi.events.batches import Batch, Event, framed, resync
from api_fastapi.events.changes import Changes, merge
from api_fastapi.events.describing import Items, describe
from api_fastapi.events.listeners import Listener
from api_fastapi.events.missed import Missed, Source
from api_fastapi.events.positions import Position
from api_fastapi.unavailable import DatabaseUnavailableError

logger = logging.getLogger(__name__)

HEARTBEAT = 15
# Changed items that wait to be told, beyond which all are told to read again.
_MOST_PENDING = 2_000
# Streams written to in one step of the event loop: reads are answered in between.
_AT_ONCE = 100
# Seconds until what the database could not answer is tried again.
_PAUSE = 0.25


class Broadcast:
    """The streams of this worker."""

    def __init__(self, source: Source, cache: Cache, reader: Items, most: int) -> None:
        """Admit up to `most` streams; look up what was missed in `source`, and items through `cache` and `reader`."""
        self._missed = Missed(source)
        self._cache = cache
        self._reader = reader
        self._most = most
        self._all: set[Listener] = set()
        self._joined: set[Listener] = set()
        # who has yet to be told what it missed, by where it was
        self._resuming: dict[Listener, Position | None] = {}
        self._arrival = asyncio.Event()
        # what the feed has reported, and what of it was told
        self._heard: Position | None = None
        self._told: Position | None = None
        self._pending: Changes = {}
        self._lost = False
        self._telling = False
        # moves to other nodes, and how many of them have been bridged
        self._moves = self._bridged = 0
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()

    # --- what the feed reports ---

    def report(self, token: bytes, snapshot: str, changes: Collection[Change]) -> None:
        """Take in a poll that continues the one before."""
        self._heard = Position.of(token, snapshot)
        # also while nobody follows: who resumes now is caught up to what was told, and counts on what comes after
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
        elif not (self._pending or self._telling or self._lost):
            self._told = self._heard
        return None

    def report_loss(self, token: bytes, snapshot: str) -> None:
        """Take in a poll before which anything may have changed."""
        self._heard = Position.of(token, snapshot)
        if self._told is None:
            # the first: nobody has been told anything here
            self._told = self._heard
            self._arrival.set()
        else:
            self._lose()

    def report_move(self) -> None:
        """Learn that the polls to come are another node's, and do not continue the one before.

        What nobody has been told yet is looked up there, from what was told on: also what is pending here.
        """
        self._moves += 1
        self._heard = None
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

    def admit(self, listener: Listener, position: Position | None) -> None:
        """Let a stream in that was told all up to `position`, or wants to know of nothing before it came."""
        self._all.add(listener)
        if position is None and self._told is not None:
            self._join(listener, [])
        else:
            self._resuming[listener] = position
            self._arrival.set()

    def leave(self, listener: Listener) -> None:
        """Forget a stream that is over."""
        self._all.discard(listener)
        self._joined.discard(listener)
        self._resuming.pop(listener, None)

    def resync(self, listener: Listener) -> None:
        """Tell one that has missed something to read again."""
        if self._told is not None:
            listener.send(resync(self._told).chunk(listener.wanted))

    def _join(self, listener: Listener, batches: list[Batch]) -> None:
        for batch in batches:
            listener.send(batch.chunk(listener.wanted))
        if self._told is not None:
            listener.send(_position_chunk(self._told))
        self._joined.add(listener)

    async def catch_up(self) -> None:
        """Tell those who resume what they have missed, one position after the other, until cancelled."""
        while True:
            await self._arrival.wait()
            self._arrival.clear()
            while self._resuming and self._told is not None and not self._moved:
                position = next(iter(self._resuming.values()))
                try:
                    async with self._turn:
                        batches = await self._since(position, self._told)
                        if self._moved:
                            continue  # whether it was asked of a node that has all that was told, nobody knows
                        # those too who have come meanwhile
                        for listener in [one for one, was in self._resuming.items() if was == position]:
                            del self._resuming[listener]
                            self._join(listener, batches)
                except (DatabaseUnavailableError, psycopg.Error) as error:
                    logger.warning("streams wait to be resumed: %s", error)
                    await asyncio.sleep(_PAUSE)

    async def _since(self, position: Position | None, end: Position) -> list[Batch]:
        if position is None:
            return []
        changes = await self._missed.between(position, end)
        events = None if changes is None else await self._described(changes)
        return [Batch(position, end, events)]

    async def _described(self, changes: Changes) -> list[Event] | None:
        """Return the events, None (read again) where they are too large, or a mistake of ours keeps them from us."""
        try:
            return await describe(changes, self._cache, self._reader)
        except (DatabaseUnavailableError, psycopg.Error):
            raise
        except Exception:
            logger.exception("changes cannot be told")
            return None

    # --- telling ---

    async def run(self) -> None:
        """Tell what is reported, and give signs of life, until cancelled."""
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
                await self._beat()
            if self._news.is_set():
                self._news.clear()
                try:
                    async with self._turn:
                        await self._tell()
                except (DatabaseUnavailableError, psycopg.Error) as error:
                    logger.warning("changes wait to be told: %s", error)
                    await asyncio.sleep(_PAUSE)
                    self._news.set()

    async def _tell(self) -> None:
        end, start = self._heard, self._told
        if end is None or start is None:
            return
        changes, lost, moves = self._pending, self._lost, self._moves
        self._pending, self._lost, self._telling = {}, False, True
        try:
            if self._moved and not lost:
                lost = not await self._bridge(start, end, changes)
            wanted = self._wanted(changes)
            events = None if lost else await self._described(wanted)
            while events is not None and (now := self._wanted(changes)).keys() > wanted.keys():
                wanted = now  # somebody has come meanwhile who follows others
                events = await self._described(wanted)
        except (DatabaseUnavailableError, psycopg.Error):
            for item_id, changed in changes.items():
                merge(self._pending, item_id, *changed)
            raise
        finally:
            self._telling = False
        batch = Batch(start, end, events)
        self._told, self._bridged = end, moves
        self._arrival.set()  # who came while it was moved
        await self._to_all(self._joined, lambda listener: listener.send(batch.chunk(listener.wanted)))

    async def _bridge(self, start: Position, end: Position, changes: Changes) -> bool:
        """Add to `changes` what this node told before it was followed; return False where nobody knows."""
        moves = self._moves
        missed = await self._missed.between(start, end)
        if moves != self._moves:
            raise DatabaseUnavailableError("another node is followed by now")
        for item_id, changed in (missed or {}).items():
            merge(changes, item_id, *changed)
        return missed is not None

    def _wanted(self, changes: Changes) -> Changes:
        """Leave out items that nobody follows, where all follow certain items."""
        wanted: set[int] = set()
        for listener in self._all:
            if listener.wanted.ids is None:
                return changes
            wanted |= listener.wanted.ids
        return {item_id: changes[item_id] for item_id in wanted & changes.keys()}

    async def _beat(self) -> None:
        """Comments keep the connections open; with a position, quiet streams too resume from near where they were."""
        told = _position_chunk(self._told) if self._told is not None else b""
        await self._to_all(self._joined, lambda listener: listener.beat(told))
        await self._to_all(self._all - self._joined, lambda listener: listener.beat(framed(b":\n\n")))

    async def _to_all(self, listeners: Collection[Listener], deed: Callable[[Listener], None]) -> None:
        for number, listener in enumerate(tuple(listeners), 1):
            deed(listener)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)


def _position_chunk(position: Position) -> bytes:
    """Return a comment, and an id without an event: clients remember it and show nothing."""
    return framed(b":\nid: %b\n\n" % position.encode())
