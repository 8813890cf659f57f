"""Coalescing: many changes of one item become one, its last."""

from collections.abc import Iterable
from typing import NamedTuple


class Changed(NamedTuple):
    """The greatest version that an item has had, and the categories that it has left on the way there."""

    version: int
    left: frozenset[str]


Changes = dict[int, Changed]


def merge(changes: Changes, item_id: int, version: int, left: Iterable[str]) -> None:
    """Add a change of an item to those that are known."""
    known = changes.get(item_id)
    if known is None:
        changes[item_id] = Changed(version, frozenset(left))
    else:
        changes[item_id] = Changed(max(version, known.version), known.left.union(left))
