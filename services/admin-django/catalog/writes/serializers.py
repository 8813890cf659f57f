"""What a body may say of an item. Strict: a field is of its type, known, and given once."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty
from triptych_shared.strict_json import Object

from catalog.item_fields import DEFAULTS, NAMES, WRITABLE, ItemField, UnknownKind, bounds, longest
from catalog.models import SLUG
from catalog.reads.serializers import AnyField, ItemSerializer, PriceField
from catalog.writes.errors import Errors

MOST_ROWS = 1000
MOST_ERRORS = 20
"""Of one object: a body of a million unknown fields gets a short answer."""

_READ_ONLY = ItemSerializer().fields.keys() - set(NAMES)
_PRICE = re.compile(r"(?:0|[1-9][0-9]{0,7})\.[0-9]{2}")


class StrictText(serializers.CharField):
    """A text that the database can hold; the framework's own field also takes numbers, and trims.

    It is judged here in one go: a request may have a thousand rows.
    """

    def run_validation(self, data: Any = empty) -> Any:
        is_absent, data = self.validate_empty_values(data)
        if is_absent:
            return data
        if not isinstance(data, str):
            self._refuse("Must be a text.")
        if not data and not self.allow_blank:
            self._refuse("Must not be empty.")
        if self.max_length is not None and len(data) > self.max_length:
            self._refuse(f"Must not be longer than {self.max_length} characters.")
        if "\0" in data:
            self._refuse("Must not hold the character U+0000.")
        try:
            data.encode()
        except UnicodeEncodeError:
            self._refuse("Must not hold half of a surrogate pair.")
        return data

    def _refuse(self, message: str) -> NoReturn:
        raise serializers.ValidationError([message])


@extend_schema_field({"type": "string", "pattern": SLUG})
class SlugText(StrictText):
    """A category's slug."""

    def run_validation(self, data: Any = empty) -> Any:
        slug = super().run_validation(data)
        if isinstance(slug, str) and not re.fullmatch(SLUG.strip("^$"), slug):
            self._refuse("Must be the slug of a category.")
        return slug


class StrictPrice(PriceField):
    """A price in the form in which items have it; a number is refused, because most readers make a float of it."""

    def run_validation(self, data: Any = empty) -> Any:
        is_absent, data = self.validate_empty_values(data)
        if is_absent:
            return data
        if not isinstance(data, str) or not _PRICE.fullmatch(data):
            raise serializers.ValidationError(['Must be a text such as "14.50": two decimals, below 100000000.'])
        return Decimal(data)


class StrictInteger(serializers.IntegerField):
    """A whole number; the framework's own field also takes texts, and 5.0."""

    def run_validation(self, data: Any = empty) -> Any:
        is_absent, data = self.validate_empty_values(data)
        if is_absent:
            return data
        if type(data) is not int:
            raise serializers.ValidationError(["Must be a whole number."])
        return super().run_validation(data)


def strict(field: ItemField, **options: Any) -> AnyField:
    """Return how a field of an item is read from a body; a default stands for what is left out of a whole item."""
    match field:
        case models.ForeignKey():
            return SlugText(**options)
        case models.DecimalField():
            return StrictPrice(max_digits=field.max_digits, decimal_places=field.decimal_places, **options)
        case models.IntegerField():
            lowest, highest = bounds(field)
            return StrictInteger(min_value=lowest, max_value=highest, **options)
        case models.CharField() | models.TextField() if field.blank and not field.null:
            return StrictText(allow_blank=True, max_length=longest(field), **options)
        case models.CharField() | models.TextField():
            return StrictText(min_length=1, max_length=longest(field), **options)
    raise UnknownKind(field, "catalog.writes.serializers")


class ItemWriteSerializer(serializers.Serializer[Any]):
    """What can be written of an item: every editable field of the model."""

    def get_fields(self) -> dict[str, AnyField]:
        return {field.name: strict(field, **self.options(field)) for field in WRITABLE}

    def options(self, field: ItemField) -> dict[str, Any]:
        """Return what a field may be: null as in the database; left out where it is no required one."""
        if field.name not in DEFAULTS:
            return {}
        return {"default": DEFAULTS[field.name], **({"allow_null": True} if field.null else {})}

    def run_validation(self, data: Any = empty) -> Any:
        if not isinstance(data, Object):
            raise serializers.ValidationError({"body": ["Must be an object."]})
        return super().run_validation(data)

    def to_internal_value(self, data: Object) -> dict[str, Any]:
        """Return the fields. Raises ValidationError that names all that are wrong, unknown or repeated."""
        errors: Errors = {}
        try:
            values: dict[str, Any] = super().to_internal_value(data)
        except serializers.ValidationError as error:
            errors = error.detail  # type: ignore[assignment]
        if data.repeated or data.keys() - self.fields.keys():
            errors |= dict(self._misplaced(data))
        if errors:
            raise serializers.ValidationError(dict(list(errors.items())[:MOST_ERRORS]))
        return values

    def _misplaced(self, data: Object) -> Iterator[tuple[str, list[str]]]:
        for name in data:
            if name in _READ_ONLY:
                yield name, ["Is set by the system."]
            elif name not in self.fields:
                yield name, ["There is no such field."]
            elif name in data.repeated:
                yield name, ["May be given only once."]


class ItemChangeSerializer(ItemWriteSerializer):
    """What can be changed of an item: all of the same, and what is left out stays."""

    def options(self, field: ItemField) -> dict[str, Any]:
        options = super().options(field)
        options.pop("default", None)
        return {**options, "required": False}


class ItemUpsertSerializer(ItemWriteSerializer):
    """A row of the bulk route: a whole item, found by its sku."""

    def options(self, field: ItemField) -> dict[str, Any]:
        return {} if field.name == "sku" else super().options(field)


class BulkSerializer(serializers.Serializer[Any]):
    """The body of the bulk route; its rows are judged one by one."""

    items = serializers.ListField(child=ItemUpsertSerializer(), min_length=1, max_length=MOST_ROWS)


class OutcomeSerializer(serializers.Serializer[Any]):
    """What became of a row."""

    index = serializers.IntegerField(min_value=0, max_value=MOST_ROWS - 1)
    status = serializers.ChoiceField(["created", "updated", "unchanged", "rejected"])
    id = serializers.IntegerField(min_value=1, allow_null=True)
    version = serializers.IntegerField(min_value=1, allow_null=True)
    errors = serializers.DictField(  # type: ignore[assignment]  # the framework has the name for something else
        child=serializers.ListField(child=serializers.CharField(), min_length=1)
    )


class ReportSerializer(serializers.Serializer[Any]):
    """The answer of the bulk route: one result per row, in order."""

    items = OutcomeSerializer(many=True)
