"""Turn the values of a row into an item, by the model's rules."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from catalog.loading.records import RowError
from catalog.models import Category, Item

_PRICE = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def cleaned(values: Mapping[str, Any]) -> Item:
    """Return the item of these values, without its category; raise RowError with what is wrong."""
    sku = values.get("sku")
    item = Item(
        name=_text("name", values.get("name")).strip(),
        description=_text("description", values.get("description")),
        price=_price(values.get("price")),
        sku=_text("sku", str(sku) if type(sku) is int else sku).strip() or None,
    )
    try:
        item.clean_fields(exclude={"category"})
    except ValidationError as error:
        raise RowError(_sentence(error)) from error
    return item


def cleaned_category(value: object) -> str:
    """Return the slug or name of a category, empty where there is none; raise RowError with what is wrong."""
    text = _text("category", value).strip()
    try:
        Category(name=text or "none").clean_fields(exclude={"slug"})
    except ValidationError as error:
        raise RowError(_sentence(error).replace("name:", "category:")) from error
    return text


def _text(field: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowError(f"{field}: {_shown(value)} is not a text")
    if "\0" in value:
        raise RowError(f"{field}: contains a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise RowError(f"{field}: contains half of a surrogate pair") from error
    return value


def _price(value: object) -> Decimal:
    if isinstance(value, str) and _PRICE.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, Decimal) or type(value) is int:
        return Decimal(value)
    if value in (None, ""):
        raise RowError("price: is missing")
    raise RowError(f"price: {_shown(value)} is not a decimal number like 12.50")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _sentence(error: ValidationError) -> str:
    return " ".join(f"{field}: {message}" for field, messages in error.message_dict.items() for message in messages)
