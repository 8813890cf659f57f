"""Remove what was seeded: the demo's items and categories, and the generated items; what people have changed stays."""

import re
from collections import Counter
from dataclasses import dataclass, field

from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError, Q

from catalog.audit_actor import acting
from catalog.item_fields import DEFAULTS, values_of
from catalog.models import Category, Item
from catalog.seed import demo, generated
from catalog.seed.bulk_copy import lock_seeding

ACTOR = "unseed"  # in the history, as who removed them


@dataclass
class Removal:
    """What was removed, or would be; `changed` are the skus of items that are not as they were seeded."""

    keep: bool  # a dry run
    with_changed: bool
    items: int = 0
    categories: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    _by_category: Counter[str | None] = field(default_factory=Counter)

    def run(self) -> None:
        """Remove it, in transactions of at most one block of generated items; can be run again where it was stopped."""
        self._remove_items(demo.items())
        last = ""
        while first := _next_generated(last):
            number = int(first[4:])
            rows = generated.block(number - (number - 1) % generated.BLOCK)
            self._remove_items({row.sku: row._asdict() for row in rows})
            last = generated.sku(number - (number - 1) % generated.BLOCK + generated.BLOCK - 1)
        self._remove_categories()

    def _remove_items(self, seeded: dict[str, dict[str, str | None]]) -> None:
        with acting(ACTOR), connection.cursor() as cursor:
            lock_seeding(cursor)
            there = Item.objects.filter(sku__in=list(seeded)).defer("search").order_by("id")
            going = []
            for item in there if self.keep else there.select_for_update():
                fields = values_of(item)
                same = fields == {**DEFAULTS, **seeded[str(item.sku)]}
                if not same:
                    self.changed.append(str(item.sku))
                if same or self.with_changed:
                    going.append(item.pk)
                    self._by_category[fields["category"]] += 1
            if not self.keep:
                Item.objects.filter(pk__in=going).delete()
            self.items += len(going)

    def _remove_categories(self) -> None:
        """Remove the demo's categories that nobody has renamed and nothing is in any more."""
        seeded = Q()
        for row in demo.categories():
            seeded |= Q(**row)
        for category in Category.objects.filter(seeded):
            going = self._by_category[category.slug] if self.keep else 0
            if Item.objects.filter(category=category).order_by()[: going + 1].count() > going:
                continue
            try:
                if not self.keep:
                    with transaction.atomic():
                        category.delete()
                self.categories.append(category.slug)
            except (ProtectedError, IntegrityError):
                continue  # somebody has just put an item in


def _next_generated(after: str) -> str:
    """Return the first sku of a generated item behind another one in their order; empty when there is none."""
    found = Item.objects.filter(sku__gt=after or "GEN-", sku__lte=generated.sku(generated.LARGEST)).order_by("sku")
    for sku in found.values_list("sku", flat=True).iterator(chunk_size=100):
        if sku and re.fullmatch(r"GEN-[0-9]{7}", sku) and int(sku[4:]):
            return sku
    return ""
