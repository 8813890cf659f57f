"""Events that are sent together, as the bytes that leave: made once, shared by all subscribers that want the same."""

from collections.abc import Sequence
from typing import NamedTuple

from api_fastapi.events.event_id import StreamPosition
from api_fastapi.events.query import Filter


class Event(NamedTuple):
    """A change of one item; `categories` are those that it is in or has left, `lines` the event without its id."""

    item_id: int
    categories: frozenset[str]
    lines: bytes


def framed(text: bytes) -> bytes:
    """Return a chunk of an answer in chunks."""
    return b"%x\r\n%b\r\n" % (len(text), text)


class Batch:
    """All that has changed between two positions; without events, that everything has to be read again."""

    def __init__(self, start: StreamPosition, end: StreamPosition, events: Sequence[Event] | None) -> None:
        """Take the events in the order in which they are to be sent."""
        self._start = start
        self._end = end
        self._events = events
        self._by_id = {event.item_id: event for event in events or ()}
        self._made: dict[Filter, bytes] = {}

    def chunk(self, wanted: Filter) -> bytes:
        """Return what a subscriber is to be sent; nothing where nothing of it is wanted."""
        made = self._made.get(wanted)
        if made is None:
            made = self._made[wanted] = self._make(wanted)
        return made

    def _make(self, wanted: Filter) -> bytes:
        if self._events is None:
            return framed(b"id: %b\nevent: resync\ndata: {}\n\n" % self._end.encode())
        events: Sequence[Event] = self._events
        if wanted.ids is not None:
            # along whichever is shorter: bulk writes and long lists of ids come together
            if len(wanted.ids) < len(events):
                found = frozenset(item_id for item_id in wanted.ids if item_id in self._by_id)
            else:
                found = wanted.ids & self._by_id.keys()
            events = [event for event in events if event.item_id in found] if found else []
        if wanted.category is not None:
            events = [event for event in events if wanted.category in event.categories]
        if not events:
            return b""
        # Only the last event completes the batch. Who is cut off before it begins again at the start, and is sent the
        # ones before a second time.
        start, end = self._start.encode(), self._end.encode()
        before = [b"id: %b\n%b\n" % (start, event.lines) for event in events[:-1]]
        return framed(b"".join([*before, b"id: %b\n%b\n" % (end, events[-1].lines)]))


def resync(position: StreamPosition) -> Batch:
    """Return the batch that says that everything has to be read again, after which `position` holds."""
    return Batch(position, position, None)
