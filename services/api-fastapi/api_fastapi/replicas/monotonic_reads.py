"""Monotonic reads: results older than what was already returned are rejected."""

from collections import deque
from collections.abc import Callable, Iterable
from time import monotonic
from typing import NamedTuple


class _Returned(NamedTuple):
    version: int | None  # None: that there is no such item
    by: object
    at: float
    # it was returned both as there and as gone: versions do not tell which of both is the newer, of reads that cross
    unsure: bool


class ReturnedVersions:
    """The newest state of each item that was returned, and that the server which is read from now may not have yet."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Begin with nothing."""
        self._clock = clock
        self._items: dict[int, _Returned] = {}
        self._order: deque[tuple[float, int]] = deque()

    def __len__(self) -> int:
        return len(self._items)

    def note(self, by: object, items: Iterable[tuple[int, int | None]]) -> None:
        """Note the versions that are about to be returned as server `by` has them; None stands for no such item."""
        now = self._clock()
        for item_id, version in items:
            known = self._items.get(item_id)
            if known is not None and known.version is not None and version is not None and known.version > version:
                continue
            unsure = known is not None and (known.unsure or (known.version is None) != (version is None))
            self._items[item_id] = _Returned(version, by, now, unsure)
            self._order.append((now, item_id))

    def newer_than(self, by: object, items: Iterable[tuple[int, int | None]]) -> set[int]:
        """Return the items of which something newer was returned than server `by` has.

        Whether an item came or went since, versions do not tell: it is returned then as well.
        """
        behind = set()
        for item_id, version in items:
            known = self._items.get(item_id)
            if known is None or known.by is by:
                continue
            if known.version is None or version is None:
                older = known.version is not version
            else:
                older = version < known.version
            if older or known.unsure:
                behind.add(item_id)
        return behind

    def settle(self, by: object, own: float, everything: float) -> None:
        """Forget what server `by` returned before `own`, and what any did before `everything`: it has that now."""
        while self._order and self._order[0][0] < max(own, everything):
            at, item_id = self._order[0]
            known = self._items.get(item_id)
            if known is not None and known.at == at:
                if at >= everything and known.by is not by:
                    return
                del self._items[item_id]
            self._order.popleft()

    def clear(self) -> None:
        """Forget all."""
        self._items.clear()
        self._order.clear()
