"""The API's writes."""

import pytest
from django.test import Client

from tests.fields.values import WRITTEN, assert_has, made, values
from tests.writes.rows import statuses, upsert

pytestmark = pytest.mark.django_db
JSON = "application/json"


def test_a_new_item_has_every_field(editor: Client) -> None:
    sent = values()
    response = editor.post("/api/items/", sent, JSON)
    assert response.status_code == 201, response.content
    assert_has(response.json()["id"], sent)


def test_put_replaces_every_field(editor: Client) -> None:
    item, sent = made(values()), values()
    response = editor.put(f"/api/items/{item.id}/", sent, JSON)
    assert response.status_code == 200, response.content
    assert_has(item.id, sent)


@pytest.mark.parametrize("name", WRITTEN)
def test_patch_changes_one_field_and_leaves_every_other_alone(editor: Client, name: str) -> None:
    before, sent = values(), {name: values()[name]}
    item = made(before)
    response = editor.patch(f"/api/items/{item.id}/", sent, JSON)
    assert response.status_code == 200, response.content
    assert_has(item.id, before, but=sent)


def test_a_bulk_makes_items_with_every_field(editor: Client) -> None:
    sent = values()
    (result,) = upsert(editor, sent)
    assert result["status"] == "created", result
    assert_has(result["id"], sent)


def test_a_bulk_replaces_every_field_also_alone(editor: Client) -> None:
    before = values()
    item = made(before)
    for name in WRITTEN.keys() - {"sku"}:  # by which the item is found
        before |= {name: values()[name]}
        assert statuses(upsert(editor, before)) == ["updated"], name
        assert_has(item.id, before)
