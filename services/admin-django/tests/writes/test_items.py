"""POST, PUT, PATCH and DELETE of items."""

import json
from decimal import Decimal
from typing import Any

import pytest
from catalog.models import Item, ItemHistory
from django.contrib.auth.models import User
from django.test import Client

from tests.make import assert_problem, make_category, make_item, unique

pytestmark = pytest.mark.django_db
JSON = "application/json"


def test_a_new_item_is_answered_as_it_can_be_read(editor: Client) -> None:
    category, sku = make_category().slug, unique("S")
    body = {"name": " Mug\u2028😀 ", "description": "d", "price": "14.50", "sku": sku, "category": category}
    response = editor.post("/api/items/", body, JSON)
    assert response.status_code == 201
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    read = editor.get(response.headers["Location"])
    assert (response.content, response.headers["ETag"]) == (read.content, read.headers["ETag"])
    assert response.headers["Location"] == f"/api/items/{response.json()['id']}/"
    assert {field: response.json()[field] for field in body} == body


def test_what_is_left_out_of_a_new_item_is_empty(editor: Client) -> None:
    item = editor.post("/api/items/", {"name": "a", "price": "0.00"}, JSON).json()
    assert (item["description"], item["sku"], item["category"]) == ("", None, None)


def test_put_replaces_and_what_is_left_out_becomes_empty(editor: Client) -> None:
    item = make_item(sku=unique("S"), description="d", category=make_category())
    response = editor.put(f"/api/items/{item.id}/", {"name": "new", "price": "2.00"}, JSON)
    assert response.status_code == 200
    assert (response.content, response.headers["ETag"]) == _read(editor, item)
    replaced = response.json()
    assert (replaced["name"], replaced["price"]) == ("new", "2.00")
    assert (replaced["description"], replaced["sku"], replaced["category"]) == ("", None, None)
    assert replaced["version"] > item.version


def test_patch_changes_only_what_it_names(editor: Client) -> None:
    item = make_item(sku=unique("S"), description="d", category=make_category())
    response = editor.patch(f"/api/items/{item.id}/", {"price": "99999999.99"}, JSON)
    assert (response.status_code, response.content, response.headers["ETag"]) == (200, *_read(editor, item))
    changed = Item.objects.get(id=item.id)
    assert changed.price == Decimal("99999999.99")
    assert (changed.sku, changed.description, changed.category_id) == (item.sku, "d", item.category_id)
    assert editor.patch(f"/api/items/{item.id}/", {"sku": None, "category": None}, JSON).json()["sku"] is None


def test_a_change_that_changes_nothing_leaves_version_and_history(editor: Client) -> None:
    item = make_item()
    for body in ({}, {"name": item.name, "price": "1.00"}):
        assert editor.patch(f"/api/items/{item.id}/", body, JSON).json()["version"] == item.version
    assert ItemHistory.objects.filter(item_id=item.id).count() == 1


def test_a_deleted_item_is_gone(editor: Client) -> None:
    item = make_item()
    response = editor.delete(f"/api/items/{item.id}/")
    assert (response.status_code, response.content) == (204, b"")
    assert "Content-Type" not in response.headers
    assert_problem(editor.get(f"/api/items/{item.id}/"), 404, "not-found")
    assert_problem(editor.delete(f"/api/items/{item.id}/"), 404, "not-found")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("id", [2**63 - 1, 2**63, 10**18, "0", "01"])
def test_what_is_not_there_is_not_found(editor: Client, method: str, id: int | str) -> None:
    response = getattr(editor, method)(f"/api/items/{id}/", {"name": "a", "price": "1.00"}, JSON)
    assert_problem(response, 404, "not-found")


def test_the_history_names_the_user(editor: Client, user: User) -> None:
    id = editor.post("/api/items/", {"name": "a", "price": "1.00"}, JSON).json()["id"]
    editor.patch(f"/api/items/{id}/", {"price": "2.00"}, JSON)
    editor.delete(f"/api/items/{id}/")
    changes = ItemHistory.objects.filter(item_id=id).order_by("id").values_list("op", "actor", "before", "after")
    assert [change[:2] for change in changes] == [(op, user.username) for op in "IUD"]
    assert changes[1][2:] == ({"price": "1.00"}, {"price": "2.00"})


def test_a_sku_of_another_item_is_a_conflict(editor: Client) -> None:
    taken, item = make_item(sku=unique("S")), make_item()
    body = {"name": "a", "price": "1.00", "sku": taken.sku}
    assert_problem(editor.post("/api/items/", body, JSON), 409, "conflict", {"sku"})
    assert_problem(editor.put(f"/api/items/{item.id}/", body, JSON), 409, "conflict", {"sku"})
    assert_problem(editor.patch(f"/api/items/{item.id}/", {"sku": taken.sku}, JSON), 409, "conflict", {"sku"})
    assert editor.patch(f"/api/items/{taken.id}/", {"sku": taken.sku}, JSON).status_code == 200


def test_an_unknown_category_is_named(editor: Client) -> None:
    item, body = make_item(), {"name": "a", "price": "1.00", "category": unique("c")}
    assert_problem(editor.post("/api/items/", body, JSON), 400, "invalid-body", {"category"})
    assert_problem(editor.put(f"/api/items/{item.id}/", body, JSON), 400, "invalid-body", {"category"})


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_write_without_a_token_is_refused_before_anything_else(client: Client, method: str) -> None:
    path = "/api/items/?x=1" if method == "post" else f"/api/items/{make_item().id}/?x=1"
    assert_problem(getattr(client, method)(path, b"{", "text/plain"), 401, "unauthenticated")


def test_parameters_are_refused(editor: Client) -> None:
    item, body = make_item(), {"name": "a", "price": "1.00"}
    for response in (
        editor.post("/api/items/?limit=1", body, JSON),
        editor.patch(f"/api/items/{item.id}/?limit=1", body, JSON),
        editor.delete(f"/api/items/{item.id}/?limit=1"),
        editor.post("/api/items/bulk/?limit=1", {"items": [body]}, JSON),
    ):
        assert_problem(response, 400, "invalid-parameter", {"limit"})


def test_reads_do_not_look_at_the_token(client: Client) -> None:
    item = make_item()
    forged = {"Authorization": "Bearer forged"}
    assert client.get("/api/items/?limit=1", headers=forged).status_code == 200
    assert client.get(f"/api/items/{item.id}/", headers=forged).status_code == 200
    assert_problem(client.delete(f"/api/items/{item.id}/", headers=forged), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/items/", "GET, HEAD, POST"),
        ("/api/items/1/", "GET, HEAD, PUT, PATCH, DELETE"),
        ("/api/items/bulk/", "POST"),
    ],
)
def test_other_methods_are_not_allowed(client: Client, path: str, allowed: str) -> None:
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"} - set(allowed.split(", ")):
        response = client.generic(method, path)
        assert_problem(response, 405, "method-not-allowed")
        assert response.headers["Allow"] == allowed


def test_a_write_sets_the_cookie_that_passes_the_cache(editor: Client) -> None:
    response = editor.post("/api/items/", {"name": "a", "price": "1.00"}, JSON)
    cookie = response.cookies["triptych_fresh"]
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("1", 5, "/")
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", "")
    assert editor.delete(response.headers["Location"], secure=True).cookies["triptych_fresh"]["secure"] is True


def test_a_refused_write_and_a_read_set_no_cookie(editor: Client) -> None:
    assert "triptych_fresh" not in editor.post("/api/items/", {"name": ""}, JSON).cookies
    assert "triptych_fresh" not in editor.get("/api/items/?limit=1").cookies


def _read(client: Client, item: Item) -> tuple[bytes, Any]:
    response = client.get(f"/api/items/{item.id}/")
    assert json.loads(response.content)["id"] == item.id
    return response.content, response.headers["ETag"]
