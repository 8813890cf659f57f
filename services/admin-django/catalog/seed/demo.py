"""The demo's categories and items, from `catalog/demo`."""

import json
from pathlib import Path

from catalog.models import Category, Item

_DEMO = Path(__file__).resolve().parent.parent / "demo"


def load_demo() -> tuple[int, int]:
    """Add the categories and items that are missing, by slug and sku, and return how many of each.

    What is there already stays as it is: somebody may have edited it.
    """
    categories = [Category(**row) for row in _rows("categories.json")]
    known_slugs = set(Category.objects.values_list("slug", flat=True))
    missing_categories = [category for category in categories if category.slug not in known_slugs]
    Category.objects.bulk_create(missing_categories, ignore_conflicts=True)

    items = [Item(category_id=row.pop("category"), **row) for row in _rows("items.json")]
    known_skus = set(Item.objects.filter(sku__in=[item.sku for item in items]).values_list("sku", flat=True))
    missing_items = [item for item in items if item.sku not in known_skus]
    Item.objects.bulk_create(missing_items, ignore_conflicts=True)
    return len(missing_categories), len(missing_items)


def _rows(name: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads((_DEMO / name).read_text(encoding="utf-8"))
    return rows
