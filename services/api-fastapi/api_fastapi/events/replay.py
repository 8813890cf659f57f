"""Replay: what has changed since a position, from the change table, for those who connect again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from psycopg.pq.abc import PGresult

from api_fastapi.events.coalescing import Changes, merge
from api_fastapi.events.event_id import StreamPosition

_REPLAY = Path(__file__).with_name("replay.sql").read_bytes()
# Beyond so many changes, or items, it is cheaper for everybody to read again.
_MOST_CHANGES = 20_000
_MOST_ITEMS = 2_000


class ReplaySource(Protocol):
    """The server whose feed is followed."""

    async def replay(self, name: bytes, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Run a statement that is planned for its values: one plan for all reads the whole table."""


class ChangeReplay:
    """Reads the change table, bounded."""

    def __init__(self, source: ReplaySource) -> None:
        """Read from `source`."""
        self._source = source

    async def between(self, start: StreamPosition, end: StreamPosition) -> Changes | None:
        """Return the changes after `start` up to `end`; None where that cannot be told, or is too much.

        Raises DatabaseUnavailableError.
        """
        if start.incarnation != end.incarnation:
            return None  # most forgeries: without a query
        bounds = [b"%d" % (_MOST_CHANGES + 1), b"%d" % (_MOST_ITEMS + 1)]
        values = [start.snapshot.encode(), end.snapshot.encode(), *bounds]
        value = (result := await self._source.replay(b"replay", _REPLAY, values)).get_value
        incarnation, gone, count = (value(0, column) for column in range(3))
        if incarnation is None or StreamPosition.of(incarnation, "").incarnation != start.incarnation or gone == b"t":
            return None
        if int(count or 0) > _MOST_CHANGES or result.ntuples > _MOST_ITEMS:
            return None
        changes: Changes = {}
        for row in range(result.ntuples if count else 0):
            item_id, version, left = (value(row, column) for column in range(3, 6))
            if item_id is None or version is None:
                return None  # a TRUNCATE
            merge(changes, int(item_id), int(version), left.decode().split(",") if left else ())
        return changes
