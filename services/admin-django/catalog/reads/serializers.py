"""The JSON forms of items and categories."""

from datetime import UTC, datetime
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.item_fields import WRITABLE, ItemField, UnknownKind, bounds
from catalog.models import SLUG
from catalog.reads.cursors import LARGEST_ID

AnyField = serializers.Field[Any, Any, Any, Any]


@extend_schema_field({"type": "string", "pattern": r"^(0|[1-9][0-9]{0,7})\.[0-9]{2}$"})
class PriceField(serializers.DecimalField):
    """A decimal with two places, as a string: a price is never a float."""


@extend_schema_field(
    {
        "type": "string",
        "format": "date-time",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$",
    }
)
class TimeField(serializers.DateTimeField):
    """A moment in UTC, always with microseconds, which the framework's own form leaves out when they are zero."""

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class ItemSerializer(serializers.Serializer[Any]):
    """An item: its id, what can be written of it, and what the database sets."""

    id = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    version = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    created_at = TimeField()
    updated_at = TimeField()

    def get_fields(self) -> dict[str, AnyField]:
        declared = super().get_fields()
        return {"id": declared.pop("id"), **{field.name: _shown(field) for field in WRITABLE}, **declared}


def _shown(field: ItemField) -> AnyField:
    """Return how a field of an item is shown."""
    null = field.null
    match field:
        case models.ForeignKey():
            return serializers.RegexField(SLUG, source=field.attname, allow_null=null)
        case models.DecimalField():
            return PriceField(max_digits=field.max_digits, decimal_places=field.decimal_places, allow_null=null)
        case models.IntegerField():
            lowest, highest = bounds(field)
            return serializers.IntegerField(min_value=lowest, max_value=highest, allow_null=null)
        case models.CharField():
            return serializers.CharField(min_length=None if null else 1, max_length=field.max_length, allow_null=null)
        case models.TextField():
            return serializers.CharField(allow_blank=field.blank, allow_null=null)
    raise UnknownKind(field, "catalog.reads.serializers")


class CategorySerializer(serializers.Serializer[Any]):
    slug = serializers.RegexField(SLUG)
    name = serializers.CharField(min_length=1, max_length=100)
    count = serializers.IntegerField(min_value=0)
