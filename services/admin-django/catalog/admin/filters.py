"""Filters of the list that an index answers."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from catalog.models import Item

if TYPE_CHECKING:
    ItemModelAdmin = admin.ModelAdmin[Item]
else:
    ItemModelAdmin = object

PRICES = {"0-10": "Below 10", "10-50": "10 to 50", "50-100": "50 to 100", "100-500": "100 to 500", "500-": "500 and up"}
AGES = {
    "1h": ("Last hour", timedelta(hours=1)),
    "1d": ("Last day", timedelta(days=1)),
    "7d": ("Last week", timedelta(7)),
}


class PriceFilter(admin.SimpleListFilter):
    title = "price"
    parameter_name = "price"

    def lookups(self, request: HttpRequest, model_admin: ItemModelAdmin) -> Iterable[tuple[str, str]]:
        return PRICES.items()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Item]) -> QuerySet[Item]:
        value = self.value()
        if value not in PRICES:
            return queryset
        lowest, _, limit = value.partition("-")
        bounds: dict[str, Any] = {"price__gte": Decimal(lowest)} | ({"price__lt": Decimal(limit)} if limit else {})
        return queryset.filter(**bounds)


class UpdatedFilter(admin.SimpleListFilter):
    title = "last change"
    parameter_name = "updated"

    def lookups(self, request: HttpRequest, model_admin: ItemModelAdmin) -> Iterable[tuple[str, str]]:
        return [(value, name) for value, (name, _) in AGES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Item]) -> QuerySet[Item]:
        value = self.value()
        return queryset.filter(updated_at__gte=datetime.now(UTC) - AGES[value][1]) if value in AGES else queryset
