"""Rows, and their JSON as the contract writes it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal


@dataclass(frozen=True)
class ItemRow:
    """An item as the database holds it."""

    id: int
    name: str
    description: str
    price: Decimal
    sku: str | None
    category: str | None
    version: int
    created_at: datetime
    updated_at: datetime

    def document(self) -> dict[str, object]:
        """Return the item's JSON object."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "price": f"{self.price:.2f}",
            "sku": self.sku,
            "category": self.category,
            "version": self.version,
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.updated_at),
        }


@dataclass(frozen=True)
class CategoryRow:
    """A category as the database holds it."""

    slug: str
    name: str
    count: int


@dataclass(frozen=True)
class Catalogue:
    """All rows that a request may touch."""

    items: Sequence[ItemRow]
    categories: Sequence[CategoryRow] = ()


def timestamp(moment: datetime) -> str:
    """Return the moment in UTC with microseconds and `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rjust(26, "0") + "Z"


def compact(document: object) -> str:
    """Return the JSON text without spaces, non-ASCII unescaped."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
