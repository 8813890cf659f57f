"""The demo's categories and items, from `catalog/demo`."""

import json
from pathlib import Path

from catalog.models import Category, Item

_DEMO = Path(__file__).resolve().parent.parent / "demo"


def load_categories() -> int:
    """Add the categories whose slug is missing, and return how many."""
    known = set(Category.objects.values_list("slug", flat=True))
    missing = [Category(**row) for row in categories() if row["slug"] not in known]
    Category.objects.bulk_create(missing, ignore_conflicts=True)
    return len(missing)


def load_items() -> int:
    """Add the items whose sku is missing, and return how many; the others stay: somebody may have edited them."""
    items = [Item(category_id=row.pop("category"), **row) for row in _rows("items.json")]
    known = set(Item.objects.filter(sku__in=[item.sku for item in items]).values_list("sku", flat=True))
    missing = [item for item in items if item.sku not in known]
    Item.objects.bulk_create(missing, ignore_conflicts=True)
    return len(missing)


def categories() -> list[dict[str, str]]:
    """Return the demo's categories: slug and name."""
    return _rows("categories.json")


def items() -> dict[str, dict[str, str | None]]:
    """Return the demo's items by their sku."""
    return {row["sku"]: {**row} for row in _rows("items.json")}


def _rows(name: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads((_DEMO / name).read_text(encoding="utf-8"))
    return rows
