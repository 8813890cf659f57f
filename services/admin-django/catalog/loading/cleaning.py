"""Turn the values of a row into an item, by the model's rules."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from catalog.item_fields import DEFAULTS, WRITABLE, ItemField, UnknownKind
from catalog.loading.records import RowError
from catalog.models import Category, Item

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)


def cleaned(values: Mapping[str, Any]) -> Item:
    """Return the item of these values, without its category; raise RowError with what is wrong."""
    item = Item(
        **{field.attname: _value(field, values.get(field.name)) for field in WRITABLE if field.name != "category"}
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


def _value(field: ItemField, value: object) -> Any:
    if value in (None, "") and field.name in DEFAULTS:
        return DEFAULTS[field.name]
    match field:
        case models.DecimalField():
            return _decimal(field.name, value)
        case models.IntegerField():
            return _integer(field.name, value)
        case models.TextField():
            return _text(field.name, value)
        case models.CharField(null=False):
            return _text(field.name, value).strip()
        case models.CharField():  # a number of JSON may be meant as a text, as a sku is
            return _text(field.name, str(value) if type(value) is int else value).strip() or None
    raise UnknownKind(field, "catalog.loading.cleaning")


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


def _decimal(field: str, value: object) -> Decimal:
    if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, Decimal) or type(value) is int:
        return Decimal(value)
    if value in (None, ""):
        raise RowError(f"{field}: is missing")
    raise RowError(f"{field}: {_shown(value)} is not a decimal number like 12.50")


def _integer(field: str, value: object) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if type(value) is int:
        return value
    if value in (None, ""):
        raise RowError(f"{field}: is missing")
    raise RowError(f"{field}: {_shown(value)} is not a whole number like 12")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _sentence(error: ValidationError) -> str:
    return " ".join(f"{field}: {message}" for field, messages in error.message_dict.items() for message in messages)
