"""What tests make and say again and again."""

import json
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from catalog.models import Category, Item

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response  # what the test client answers with

_numbers = count(1)


def unique(prefix: str) -> str:
    """Return a word that nothing else has: letters and digits, beginning with `prefix`."""
    return f"{prefix}{uuid4().hex}"


def make_category(name: str = "A category") -> Category:
    """Make a category with a slug of its own."""
    return Category.objects.create(slug=unique("c"), name=name)


def make_item(**fields: Any) -> Item:
    """Make an item, and return it as the database has it."""
    item = Item.objects.create(**{"name": f"Item {next(_numbers)}", "price": Decimal("1.00"), **fields})
    return Item.objects.get(id=item.id)


def assert_problem(response: "Response", status: int, kind: str, errors: set[str] | None = None) -> None:
    """Assert that a response is a problem of this kind, with these keys in `errors`."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    body = json.loads(response.content)
    assert body["type"] == f"urn:triptych:problem:{kind}"
    assert body["status"] == status
    assert body["title"] and body["detail"]
    assert set(body.get("errors", {})) == (errors or set())
    assert all(messages and all(messages) for messages in body.get("errors", {}).values())
