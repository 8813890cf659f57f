"""The parameters of the read routes, and who is told what about a wrong one."""

import re
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from catalog.models import SLUG
from catalog.reads import cursors, query_string

PRICE = r"^[0-9]{1,8}(\.[0-9]{1,2})?$"
SORTS = [f"{sign}{column}" for column in ("id", "name", "price", "updated_at") for sign in ("", "-")]


class LimitField(serializers.IntegerField):
    """An integer in its one spelling: the framework's own field also takes `+5`, `05`, `5.0` and `٥`."""

    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch(r"[1-9][0-9]{0,2}", data):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": cursors.FORM, "minLength": 1, "maxLength": cursors.LONGEST})
class CursorField(serializers.Field[str, str, str, str]):
    """Any text: the list judges the cursor, once everything else is right."""

    def to_internal_value(self, data: str) -> str:
        return data


class NoParameters(serializers.Serializer[Any]):
    """What a route takes that has no parameters."""


class ItemParameters(serializers.Serializer[Any]):
    """What the list of items takes."""

    limit = LimitField(min_value=1, max_value=200, default=50)
    cursor = CursorField(required=False)
    q = serializers.CharField(required=False, max_length=200, help_text="Every word must begin a word of the item.")
    category = serializers.RegexField(SLUG, required=False, trim_whitespace=False)
    min_price = serializers.RegexField(PRICE, required=False, trim_whitespace=False)
    max_price = serializers.RegexField(PRICE, required=False, trim_whitespace=False)
    sort = serializers.ChoiceField(SORTS, default="id")

    def validate_min_price(self, value: str) -> str:
        # Not in `validate`, which the framework leaves out as soon as any other parameter is wrong.
        upper = self.initial_data.get("max_price", "")
        if re.fullmatch(PRICE, upper) and Decimal(value) > Decimal(upper):
            raise serializers.ValidationError("Must not be above max_price.")
        return value


def read_parameters(request: Request, form: type[serializers.Serializer[Any]]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return a request's parameters as they were sent and as `form` has validated them.

    Raises ValidationError that names every parameter that is malformed, unknown, repeated or not of its form.
    """
    serializer = form()
    raw = request.META.get("QUERY_STRING", "").encode("latin-1")  # how WSGI carries bytes
    sent, errors = query_string.parse(raw, serializer.fields.keys())
    serializer = form(data=sent)
    if not serializer.is_valid():
        errors |= serializer.errors
    if errors:
        raise serializers.ValidationError(errors)
    return sent, serializer.validated_data
