"""Keyset pagination: a page starts after a row, so that rows inserted or removed meanwhile move nothing.

The framework's own CursorPagination puts offsets and absolute addresses into its links.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from django.db.models import Q, QuerySet

from catalog.models import Item
from catalog.reads import cursors
from catalog.search import ItemSearchQuery


def filtered(items: QuerySet[Item], validated: Mapping[str, Any]) -> QuerySet[Item]:
    """Return the items that pass every filter given."""
    conditions = {
        "search": ("q", ItemSearchQuery),
        "category_id": ("category", str),
        "price__gte": ("min_price", str),
        "price__lte": ("max_price", str),
    }
    return items.filter(
        **{lookup: convert(validated[name]) for lookup, (name, convert) in conditions.items() if name in validated}
    )


def ordered(items: QuerySet[Item], sort: str) -> QuerySet[Item]:
    """Return the items by `sort`, ties by id in the same direction, as one of the indexes has them."""
    sign, column = _split(sort)
    return items.order_by(f"{sign}{column}") if column == "id" else items.order_by(f"{sign}{column}", f"{sign}id")


def after(items: QuerySet[Item], sort: str, key: cursors.Key, id: int) -> QuerySet[Item]:
    """Return the items that `sort` puts after the row with this key and id."""
    sign, column = _split(sort)
    beyond = "lt" if sign else "gt"
    if column == "id":
        return items.filter(**{f"id__{beyond}": id})
    # The first condition says nothing new, but it alone is one that an index can start at.
    return items.filter(
        Q(**{f"{column}__{beyond}e": key}) & (Q(**{f"{column}__{beyond}": key}) | Q(**{f"id__{beyond}": id}))
    )


def link_to_next(sent: Mapping[str, str], sort: str, last: Mapping[str, Any]) -> str:
    """Return the `Link` to the page after `last`, a row in its JSON form; relative, so that it holds under a prefix."""
    cursor = cursors.encode(sort, cursors.digest(sent), last[_split(sort)[1]], last["id"])
    pairs = [*sorted((name, value) for name, value in sent.items() if name != "cursor"), ("cursor", cursor)]
    return f'<?{urlencode(pairs, quote_via=quote)}>; rel="next"'


def _split(sort: str) -> tuple[str, str]:
    return ("-", sort[1:]) if sort.startswith("-") else ("", sort)
