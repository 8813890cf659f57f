"""The responses that this process has ready, and the rules by which none is older than the change feed allows.

Two things must never happen: that a response stays after its item was changed, and that a slow read puts back what a
change has removed. Each rule says here what it prevents; `docs/decisions/0005-change-feed.md` has the whole story.
"""

import re
from collections import deque
from collections.abc import Callable, Collection, Iterable
from time import monotonic
from typing import NamedTuple

from api_fastapi.cache.clock_cache import ClockCache
from api_fastapi.cache.encoded_response import EncodedResponse
from api_fastapi.change_feed.change import Change
from api_fastapi.database.snapshot import Snapshot

# Seconds after the start of the last good poll for which the cache may be used.
LEASE = 1.3
# Polls whose transactions are remembered, for the lists that are being read meanwhile.
_REMEMBERED_POLLS = 256

_ITEM = re.compile(rb"/api/items/([1-9][0-9]{0,18})/")
_MAX_ID = 2**63 - 1  # Postgres' bigint


class ReadStart(NamedTuple):
    """What the cache knew when a read was sent to the database."""

    polls: int
    flushes: int
    witnessed: int


class CoherentCache:
    """Responses by request target; coherent as long as the feed reports."""

    def __init__(self, memory: int, clock: Callable[[], float] = monotonic) -> None:
        """Take up to `memory` bytes, a quarter of them for lists; 0 keeps nothing."""
        self._clock = clock
        self._items = ClockCache(memory - memory // 4)
        self._lists = ClockCache(memory // 4)
        self._valid_until = 0.0
        self._seen = ""
        self._seen_from = 0.0
        self._polls = 0
        self._flushes = 0
        self._witnessed = 0
        # The newest change of each item that was reported: a read that shows less began too early. Only reads that are
        # under way need it. So when there are many all are forgotten, and the horizon refuses the reads begun before.
        self._floors: dict[int, int] = {}
        self._floors_limit = memory // 2048
        self._horizon = 0
        # The transactions of the last polls that brought any; older ones than the second horizon are forgotten.
        self._applied: deque[tuple[int, frozenset[int]]] = deque()
        self._applied_horizon = 0

    def __len__(self) -> int:
        return len(self._items) + len(self._lists)

    @property
    def used(self) -> int:
        """The bytes taken, as estimated."""
        return self._items.used + self._lists.used

    def trusted(self) -> bool:
        """Tell whether the feed has reported recently enough for the cache to be used."""
        return self._clock() < self._valid_until

    def hit(self, target: bytes) -> EncodedResponse | None:
        """Return the response to a request target, as it stands in the request line, if it is here and may be given."""
        response = self._items.get(target) or self._lists.get(target)
        if response is None or self._clock() >= self._valid_until:
            return None
        response.used = True
        return response

    # --- what the feed reports ---

    def renew(self, began: float, snapshot: str, changes: Collection[Change]) -> None:
        """Take in a good poll, which was sent at `began`, saw `snapshot` and brought `changes`."""
        self._polls += 1
        self._seen, self._seen_from = snapshot, began
        if changes:
            self._apply(changes)
        # from its beginning: what was committed while it was under way may not be in it
        self._valid_until = began + LEASE

    def flush(self) -> None:
        """Forget everything, and refuse every read that is under way: nobody knows what they have missed."""
        self._flushes += 1
        self._valid_until = 0.0
        self._items.clear()
        self._lists.clear()
        self._floors.clear()
        self._applied.clear()

    def _apply(self, changes: Iterable[Change]) -> None:
        # which lists a change touches cannot be told without evaluating their filters: it may be all of them
        self._lists.clear()
        transactions = set()
        for tx, item_id, version, _ in changes:
            if item_id is None or version is None:
                return self.flush()  # a TRUNCATE
            transactions.add(tx)
            self._raise_floor(item_id, version)
        self._bound_floors()
        self._applied.append((self._polls, frozenset(transactions)))
        if len(self._applied) > _REMEMBERED_POLLS:
            self._applied_horizon, _ = self._applied.popleft()
        return None

    def floor(self, item_id: int) -> int:
        """Return the version below which an item is known to be old; 0 where nothing is known."""
        return self._floors.get(item_id, 0)

    def _raise_floor(self, item_id: int, version: int) -> None:
        if version > self._floors.get(item_id, 0):
            self._floors[item_id] = version
        # Compared with the entry itself, not only when the floor rises: the floor may have risen before.
        target = item_target(item_id)
        kept = self._items.get(target)
        if kept is not None and kept.version < version:
            self._items.drop(target)

    def _bound_floors(self) -> None:
        if len(self._floors) > self._floors_limit:
            self._floors.clear()
            # what began in this poll's time may have been overtaken by one of them as well
            self._horizon = self._polls + 1

    # --- what reads bring ---

    def start(self) -> ReadStart:
        """Return what a read must remember from before it is sent."""
        return ReadStart(self._polls, self._flushes, self._witnessed)

    def keep_item(self, start: ReadStart, item_id: int, response: EncodedResponse) -> bool:
        """Keep an item that was read from `start` on; False, and not kept, where something newer may be known."""
        if not self._covers(start, self._horizon):
            return False
        target = item_target(item_id)
        kept = self._items.get(target)
        if response.version < max(self._floors.get(item_id, 0), kept.version if kept else 0):
            return False
        self._items.put(target, response)
        return True

    def keep_list(self, start: ReadStart, target: bytes, snapshot: str, response: EncodedResponse) -> bool:
        """Keep a list that was read from `start` on; False, and not kept, where it may lack a reported change."""
        if not self._covers(start, self._applied_horizon) or start.witnessed != self._witnessed:
            return False
        since = [transactions for poll, transactions in self._applied if poll > start.polls]
        if since:
            seen = Snapshot.parse(snapshot)
            if not all(seen.sees(tx) for transactions in since for tx in transactions):
                return False
        self._lists.put(target, response)
        return True

    def _covers(self, start: ReadStart, horizon: int) -> bool:
        """Tell whether all that was reported since `start` is still known."""
        return self.trusted() and start.flushes == self._flushes and start.polls >= horizon

    def returning(self, snapshot: str, connected: float, items: Iterable[tuple[int, int | None]]) -> Collection[int]:
        """Prepare for returning items with these versions, None where there is no such item.

        Returns the items that must not be returned so, because a newer state of them was: none, with one database.
        """
        if self.ahead(snapshot, connected):
            self.witness(items)
        return ()

    def ahead(self, snapshot: str, connected: float) -> bool:
        """Tell whether a read with `snapshot` may have seen more than the feed has reported yet.

        Only within one incarnation of the database do two snapshots that look alike see the same: after a crash
        transaction ids of what was not committed are given out again. A connection never outlives its server's
        processes. So where the newest was made at `connected`, before the poll was sent, both are of one incarnation.
        """
        return snapshot != self._seen or connected >= self._seen_from

    def witness(self, items: Iterable[tuple[int, int | None]]) -> None:
        """Forget what is older than what a read ahead of the feed is about to return.

        Without this somebody could see a new version in that response, and then the old one in another.
        """
        self._lists.clear()
        self._witnessed += 1
        for item_id, version in items:
            if version is None:
                self._items.drop(item_target(item_id))
            else:
                self._raise_floor(item_id, version)
        self._bound_floors()


def item_target(item_id: int) -> bytes:
    """Return the one request target of an item."""
    return b"/api/items/%d/" % item_id


def list_target(query_string: bytes) -> bytes:
    """Return the request target of a list."""
    return b"/api/items/?" + query_string if query_string else b"/api/items/"


def item_of(target: bytes) -> int | None:
    """Return the id of the item that a request target names, None where it names none."""
    found = _ITEM.fullmatch(target)
    if found is None or (item_id := int(found[1])) > _MAX_ID:
        return None
    return item_id
