"""How the columns of a file are read and shown."""

import re
from decimal import Decimal
from typing import Any

from django.db import models
from import_export.widgets import CharWidget, ForeignKeyWidget, Widget

from catalog.item_fields import ItemField, UnknownKind
from catalog.models import Category

INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
PRICE = re.compile(r"[0-9]{1,8}(\.[0-9]{1,2})?", re.ASCII)


class PriceWidget(Widget):
    """A price as the API writes it; a number of JSON is the decimal number that stands in the file."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal:
        text = str(value).strip()
        if not PRICE.fullmatch(text):
            raise ValueError("A price looks like 12.50: at most 8 digits, a point, at most 2 digits.")
        return Decimal(text)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return f"{value:.2f}" if isinstance(value, Decimal) else ""


class TextWidget(CharWidget):
    """A text; what is no text in JSON is refused instead of being turned into one."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not a text.")
        if "\0" in value:
            raise ValueError("A text cannot contain a NUL character.")
        return value


class OptionalTextWidget(TextWidget):
    """A short text that may be missing, as a sku is."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        return super().clean(value).strip() or None


class WholeNumberWidget(Widget):
    """A whole number, or none."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        text = "" if value is None else str(value).strip()
        if text and not INTEGER.fullmatch(text):
            raise ValueError(f"{value!r} is not a whole number.")
        return int(text) if text else None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class CategoryWidget(ForeignKeyWidget):
    """A category by its slug; all are read once per file."""

    def __init__(self) -> None:
        super().__init__(Category, "slug")
        self.by_slug: dict[str, Category] = {}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Category | None:
        slug = str(value or "").strip()
        if slug and slug not in self.by_slug:
            raise ValueError(f"There is no category “{slug[:64]}”.")
        return self.by_slug.get(slug)


def widget_of(field: ItemField) -> Widget:
    """Return how a column of a file is read that a field of the model has."""
    match field:
        case models.ForeignKey():
            return CategoryWidget()
        case models.DecimalField():
            return PriceWidget()
        case models.IntegerField():
            return WholeNumberWidget()
        case models.CharField(null=True):
            return OptionalTextWidget()
        case models.CharField() | models.TextField():
            return TextWidget()
    raise UnknownKind(field, "catalog.admin.importing.widgets")
