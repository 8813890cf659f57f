"""What the history of an item says: who changed what, and what the item was like then."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from catalog.audit_actor import author
from catalog.item_fields import DEFAULTS, NAMES, values_of
from catalog.models import Item, ItemHistory


@dataclass(frozen=True)
class Difference:
    """A field, what it was and what it became; None is no value."""

    field: str
    before: str | None
    after: str | None


def differences(change: ItemHistory) -> list[Difference]:
    """Return what a change changed, in the order of an item's fields."""
    before, after = change.before or {}, change.after or {}
    return [_difference(field, before, after) for field in NAMES if field in before | after]


def differences_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return in which fields two states of an item differ."""
    return [_difference(field, before, after) for field in NAMES if before[field] != after[field]]


def _difference(field: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    was, now = before.get(field), after.get(field)
    return Difference(field, None if was is None else str(was), None if now is None else str(now))


def latest_change(item_id: int, seen: int | None) -> str:
    """Return in a sentence who made the latest change of an item after the version `seen`."""
    change = ItemHistory.objects.filter(item_id=item_id, version__gt=seen or 0).order_by("-id").first()
    if change is None:
        return "This item has changed since you opened the page."
    what = ", ".join(f"{d.field} {_shown(d.before)} → {_shown(d.after)}" for d in differences(change))
    who = author(change.actor)
    return f"This item has been changed since you opened the page, by {who} at {change.at:%H:%M} UTC ({what})."


def _shown(value: str | None) -> str:
    if not value:
        return "none"
    return value if len(value) <= 60 else f"{value[:60]}…"


def state_after(change: ItemHistory) -> dict[str, Any]:
    """Return an item's fields as they were after a change, before it where it was the deletion.

    A field's value then is what the first later change of it found; nothing later, and it is the present value.
    """
    found = {**dict.fromkeys(NAMES), **DEFAULTS, **_present(change.item_id)}
    return {**found, **dict(_values_before_later_changes(change))}


def _present(item_id: int) -> dict[str, Any]:
    item = Item.objects.defer("search").filter(pk=item_id).first()
    return values_of(item) if item else {}


def _values_before_later_changes(change: ItemHistory) -> Iterator[tuple[str, Any]]:
    comparison = ">=" if change.op == ItemHistory.Operation.DELETE else ">"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (field) field, value"
            " FROM item_history CROSS JOIN LATERAL jsonb_each(before) AS fields (field, value)"
            f" WHERE item_id = %s AND id {comparison} %s ORDER BY field, id",
            [change.item_id, change.pk],
        )
        yield from ((field, json.loads(value)) for field, value in cursor.fetchall())
