"""POST /api/items/bulk/: one outcome per row, and a bad row is nobody else's business."""

from typing import Any

import pytest
from catalog.models import Item, ItemHistory
from django.contrib.auth.models import User
from django.test import Client

from tests.make import assert_problem, make_category, make_item, unique
from tests.writes.rows import row, statuses, upsert

pytestmark = pytest.mark.django_db


def test_rows_are_created_updated_or_left(editor: Client) -> None:
    there = make_item(sku=unique("S"), description="d", category=make_category())
    same = make_item(sku=unique("S"), name="same")
    results = upsert(editor, row(), row(sku=there.sku), row(sku=same.sku, name="same"))
    assert statuses(results) == ["created", "updated", "unchanged"]
    assert [result["errors"] for result in results] == [{}, {}, {}]
    assert (results[1]["id"], results[2]["id"], results[2]["version"]) == (there.id, same.id, same.version)
    for result in results:
        read = editor.get(f"/api/items/{result['id']}/").json()
        assert read["version"] == result["version"]
    assert results[1]["version"] > there.version
    there.refresh_from_db(fields=["name", "description", "category"])
    assert (there.name, there.description, there.category_id) == ("bulk", "", None)


def test_all_changes_of_a_request_are_one_action_of_its_user(editor: Client, user: User) -> None:
    there = make_item(sku=unique("S"))
    results = upsert(editor, row(), row(), row(sku=there.sku))
    changes = ItemHistory.objects.filter(item_id__in=[each["id"] for each in results]).exclude(action=None)
    assert sorted(changes.values_list("op", flat=True)) == ["I", "I", "U"]
    assert len(set(changes.values_list("actor", "action"))) == 1
    assert changes[0].actor == user.username


BAD_ROWS: list[tuple[Any, set[str]]] = [
    (None, {"body"}),
    (1, {"body"}),
    ([], {"body"}),
    ({}, {"sku", "name", "price"}),
    ({"sku": None}, {"sku"}),
    ({"sku": ""}, {"sku"}),
    ({"sku": "x" * 65}, {"sku"}),
    ({"price": 1.5}, {"price"}),
    ({"price": "12345678901.00"}, {"price"}),
    ({"name": "x" * 101}, {"name"}),
    ({"name": "\ud800"}, {"name"}),
    ({"name": "\0"}, {"name"}),
    ({"category": "nobody-has-this"}, {"category"}),
    ({"description": "x" * 100_001}, {"description"}),
    ({"id": 1, "colour": "red"}, {"id", "colour"}),
]


@pytest.mark.parametrize(("bad", "errors"), BAD_ROWS, ids=lambda value: str(value)[:40])
def test_a_bad_row_does_not_spoil_the_others(editor: Client, bad: Any, errors: set[str]) -> None:
    sent = row(**bad) if isinstance(bad, dict) and bad else bad
    results = upsert(editor, *(row() for _ in range(500)), sent, *(row() for _ in range(499)))
    assert statuses(results) == ["created"] * 500 + ["rejected"] + ["created"] * 499
    assert results[500]["errors"].keys() == errors
    assert (results[500]["id"], results[500]["version"]) == (None, None)


def test_a_repeated_member_spoils_only_its_row(editor: Client) -> None:
    bad = b'{"sku":"a","name":"a","name":"b","price":"1.00"}'
    body = b'{"items":[%s,{"sku":"%s","name":"a","price":"1.00"}]}' % (bad, unique("S").encode())
    results = editor.post("/api/items/bulk/", body, "application/json").json()["items"]
    assert statuses(results) == ["rejected", "created"]
    assert results[0]["errors"].keys() == {"name"}


def test_the_later_of_two_rows_with_one_sku_is_rejected(editor: Client) -> None:
    sku = unique("S")
    results = upsert(editor, row(sku=sku, name="first"), row(), row(sku=sku, name="later"))
    assert statuses(results) == ["created", "created", "rejected"]
    assert results[2]["errors"].keys() == {"sku"}
    assert Item.objects.get(sku=sku).name == "first"


def test_a_sku_of_a_rejected_row_is_free_for_the_next(editor: Client) -> None:
    sku = unique("S")
    assert statuses(upsert(editor, row(sku=sku, price=1), row(sku=sku))) == ["rejected", "created"]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"items"}),
        ({"items": []}, {"items"}),
        ({"items": None}, {"items"}),
        ({"items": {"0": {}}}, {"items"}),
        ({"items": [{}] * 1001}, {"items"}),
        ({"items": [{}], "mode": "x"}, {"mode"}),
        (b'{"items":[],"items":[]}', {"items"}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_without_a_list_of_rows_is_refused(editor: Client, body: Any, errors: set[str]) -> None:
    assert_problem(editor.post("/api/items/bulk/", body, "application/json"), 400, "invalid-body", errors)
