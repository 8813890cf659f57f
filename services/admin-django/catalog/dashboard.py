"""What the front page of the back office shows; every query reads a bounded number of rows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from catalog.history import Difference, differences
from catalog.models import Category, Item, ItemHistory

EXACT_UP_TO = 1000
LOOKED_AT = 200  # changes, of which those of one action are shown as one
CHANGES = 12
ACTIONS = 5


@dataclass(frozen=True)
class Count:
    """A number, and whether there may be more."""

    number: int
    more: bool = False


@dataclass(frozen=True)
class Change:
    """A change, or an action of many of which it is the latest."""

    history: ItemHistory
    name: str
    differences: list[Difference]


@dataclass(frozen=True)
class Dashboard:
    """The front page."""

    items: int
    categories: int
    without_category: Count
    changed_today: Count
    changes: list[Change]
    actions: list[LogEntry]


def dashboard(user: Any) -> Dashboard:
    """Return what the user may see of it."""
    may_see_changes = user.has_perm("catalog.view_itemhistory")
    day_ago = datetime.now(UTC) - timedelta(days=1)
    return Dashboard(
        items=_about_all_items(),
        categories=Category.objects.count(),
        without_category=_up_to_limit(Item.objects.filter(category=None)),
        changed_today=_up_to_limit(Item.objects.filter(updated_at__gte=day_ago)),
        changes=_latest_changes() if may_see_changes else [],
        actions=_latest_actions() if may_see_changes else [],
    )


def _about_all_items() -> int:
    """Return how many items there are: counted while there are few, else as the last ANALYZE or VACUUM saw it."""
    few = _up_to_limit(Item.objects.all())
    if not few.more:
        return few.number
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = 'items'::regclass")
        return max(few.number, int(cursor.fetchone()[0]))


def _up_to_limit(items: Any) -> Count:
    number = items.order_by()[: EXACT_UP_TO + 1].count()
    return Count(min(number, EXACT_UP_TO), number > EXACT_UP_TO)


def _latest_changes() -> list[Change]:
    shown: list[ItemHistory] = []
    actions = set()
    for change in ItemHistory.objects.order_by("-id")[:LOOKED_AT]:
        if change.action not in actions and len(shown) < CHANGES:
            shown.append(change)
        if change.action:
            actions.add(change.action)
    names = dict(Item.objects.filter(pk__in=[change.item_id for change in shown]).values_list("pk", "name"))
    return [
        Change(change, names.get(change.item_id) or (change.before or {}).get("name", ""), differences(change))
        for change in shown
    ]


def _latest_actions() -> list[LogEntry]:
    actions = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(ItemHistory))
    return list(actions.select_related("user").order_by("-id")[:ACTIONS])
