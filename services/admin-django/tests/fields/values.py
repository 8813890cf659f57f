"""Values for every field that can be written by the contract, and which of them an item has."""

from pathlib import Path
from typing import Any

import yaml
from catalog.item_fields import attributes
from catalog.models import Item
from django.test import Client

from tests.make import make_category, unique

CONTRACT = Path(__file__).resolve().parents[4] / "shared" / "contract" / "openapi.yaml"
DOCUMENT: dict[str, Any] = yaml.load(CONTRACT.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
WRITTEN: dict[str, Any] = SCHEMAS["ItemWrite"]["properties"]

Values = dict[str, Any]


def values() -> Values:
    """Return a value for each field, none of which is its default or that of another call."""
    return {name: _value(name, schema) for name, schema in WRITTEN.items()}


def _value(name: str, schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    number = int(unique("")[:6], 16)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if name == "category":
        return make_category().slug
    if "integer" in kinds:
        return max(1, schema.get("minimum", 1)) + number
    if "string" in kinds and "pattern" not in schema:
        return unique(name)[: schema.get("maxLength", 100)]
    if name == "price":
        return f"{1 + number % 9_999_999}.{number % 100:02}"
    raise AssertionError(f"say here what values the field {name!r} may have")


def made(sent: Values) -> Item:
    """Return an item of these values, made without any of the ways that are tried."""
    return Item.objects.create(**attributes(sent))


def assert_has(item_id: int, expected: Values, *, but: Values | None = None) -> None:
    """Assert that an item is read with these values, some of them replaced; name those that were lost or spoiled."""
    expected = {**expected, **(but or {})}
    response = Client().get(f"/api/items/{item_id}/")
    assert response.status_code == 200, response.content
    shown = response.json()
    lost = {name: shown.get(name, "(not shown)") for name in WRITTEN if shown.get(name, ...) != expected[name]}
    assert not lost, f"not as it was written: {lost}, instead of { {name: expected[name] for name in lost} }"
