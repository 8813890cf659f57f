"""The JSON forms of items and categories."""

from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.models import SLUG
from catalog.reads.cursors import LARGEST_ID


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
    id = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    name = serializers.CharField(min_length=1, max_length=100)
    description = serializers.CharField(allow_blank=True)
    price = PriceField(max_digits=10, decimal_places=2)
    sku = serializers.CharField(max_length=64, allow_null=True)
    category = serializers.RegexField(SLUG, source="category_id", allow_null=True)
    version = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    created_at = TimeField()
    updated_at = TimeField()


class CategorySerializer(serializers.Serializer[Any]):
    slug = serializers.RegexField(SLUG)
    name = serializers.CharField(min_length=1, max_length=100)
    count = serializers.IntegerField(min_value=0)
