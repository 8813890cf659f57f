"""Turn changes into events: each item is read once, and its bytes are shared by all subscribers."""

import asyncio
from collections.abc import Awaitable
from typing import Protocol

from api_fastapi.cache.coherent_cache import CoherentCache, item_target
from api_fastapi.cache.encoded_response import EncodedResponse
from api_fastapi.events.coalescing import Changed, Changes
from api_fastapi.events.frames import Event

# Items read at once, and the bytes of items beyond which it is cheaper for everybody to read again.
_TOGETHER = 200
_MOST_BYTES = 8 * 2**20


class ItemReader(Protocol):
    """Where items are read."""

    def item(self, item_id: int) -> Awaitable[EncodedResponse | None]:
        """Return one item, None where there is none."""


async def encode_events(changes: Changes, cache: CoherentCache, reader: ItemReader) -> list[Event] | None:
    """Return an event for each changed item, as it is now, in the order of the changes; None where they are too large.

    The cache has dropped what was changed, so what it has is new enough; and a read that is sent now sees it all.
    Raises DatabaseUnavailableError.
    """
    ordered = sorted(changes.items(), key=lambda change: change[1].version)
    events: list[Event] = []
    size = 0
    for start in range(0, len(ordered), _TOGETHER):
        part = ordered[start : start + _TOGETHER]
        kept = {item_id: cache.hit(item_target(item_id)) for item_id, _ in part}
        wanted = [item_id for item_id, response in kept.items() if response is None]
        read = dict(zip(wanted, await asyncio.gather(*map(reader.item, wanted)), strict=True))
        for item_id, changed in part:
            event = _event(item_id, changed, kept[item_id] or read[item_id])
            size += len(event.lines)
            events.append(event)
        if size > _MOST_BYTES:
            return None
    return events


def _event(item_id: int, changed: Changed, response: EncodedResponse | None) -> Event:
    if response is None:
        lines = b'event: deleted\ndata: {"id":%d,"version":%d}\n' % (item_id, changed.version)
        return Event(item_id, changed.left, lines)
    here = () if response.category is None else (response.category,)
    return Event(item_id, changed.left.union(here), b"event: changed\ndata: %b\n" % response.body)
