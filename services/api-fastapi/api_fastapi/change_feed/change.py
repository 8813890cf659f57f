"""A change as the change feed has it."""

from typing import NamedTuple


class Change(NamedTuple):
    """A change of one item, or of all of them where `item_id` is None."""

    tx: int
    item_id: int | None
    version: int | None
    left: tuple[str, ...] = ()  # the category that it has left, if any
