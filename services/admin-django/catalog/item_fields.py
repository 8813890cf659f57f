"""What can be written of an item: the fields of its model that are editable, in their order.

Every way to write an item, and all that tells what was written, is made from this list: serializers, forms, bulk
upserts, files, history, undo. A column is added in `models.py`; how it is read and written follows from its type.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models

from catalog.models import Item

if TYPE_CHECKING:
    ItemField = models.Field[Any, Any]
else:
    ItemField = models.Field


def _is_optional(field: ItemField) -> bool:
    return field.null or field.has_default() or field.has_db_default()


def _default(field: ItemField) -> Any:
    if field.has_default() or not field.has_db_default():
        return field.get_default()
    if hasattr(field.db_default, "resolve_expression"):
        raise UnknownKind(field, "catalog.item_fields")  # only the database could compute it
    return field.db_default


class UnknownKind(TypeError):
    """A field is of a kind that nobody has said how to read or write here."""

    def __init__(self, field: ItemField, place: str) -> None:
        super().__init__(f"{place} does not say what a {type(field).__name__} is like, which items.{field.name} is")


WRITABLE: tuple[ItemField, ...] = tuple(
    field for field in Item._meta.concrete_fields if field.editable and not field.primary_key
)
NAMES = tuple(field.name for field in WRITABLE)
COLUMNS = ", ".join(str(field.column) for field in WRITABLE)
"""Of the table, as SQL names them."""

DEFAULTS: dict[str, Any] = {field.name: _default(field) for field in WRITABLE if _is_optional(field)}
"""What stands for a field that is left out of a whole item; the others are required."""

_ATTRIBUTES = {field.name: field.attname for field in WRITABLE}


def attributes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by the model's attributes, of which `category_id` has the slug; raise KeyError for other names."""
    return {_ATTRIBUTES[name]: value for name, value in values.items()}


def values_of(item: Item) -> dict[str, Any]:
    """Return an item's values as JSON has them: a decimal is a text with all its places."""
    return {field.name: _json(field, getattr(item, field.attname)) for field in WRITABLE}


def longest(field: ItemField) -> int | None:
    """Return how many characters a text may have."""
    limits = [each.limit_value for each in field.validators if isinstance(each, MaxLengthValidator)]
    return min(limits, default=None)


def bounds(field: ItemField) -> tuple[int, int]:
    """Return the least and the greatest whole number that a field holds."""
    lowest = [each.limit_value for each in field.validators if isinstance(each, MinValueValidator)]
    highest = [each.limit_value for each in field.validators if isinstance(each, MaxValueValidator)]
    return max(lowest), min(highest)


def _json(field: ItemField, value: Any) -> Any:
    if isinstance(field, models.DecimalField) and value is not None:
        return f"{Decimal(value):.{field.decimal_places}f}"
    return value
