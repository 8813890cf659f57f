"""The same key and request, again: one change, one answer."""

import pytest
from catalog.models import IdempotencyKey, Item
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.make import assert_problem, make_item, unique

pytestmark = pytest.mark.django_db
JSON = "application/json"


def body(**fields: str) -> dict[str, str]:
    return {"name": unique("idempotent"), "price": "1.00", **fields}


def test_a_repeated_post_gets_the_first_answer_and_no_second_item(editor: Client) -> None:
    sent, key = body(), {"Idempotency-Key": unique("k")}
    first, second = (editor.post("/api/items/", sent, JSON, headers=key) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert dict(second.headers) == {**first.headers, "Idempotency-Replayed": "true"}
    assert "triptych_fresh" in second.cookies
    assert Item.objects.filter(name=sent["name"]).count() == 1


def test_a_repeated_patch_and_delete_get_the_first_answer(editor: Client) -> None:
    path = f"/api/items/{make_item().id}/"
    for method, status in (("patch", 200), ("delete", 204)):
        key = {"Idempotency-Key": unique("k"), "If-Match": editor.get(path).headers["ETag"]}
        answers = [getattr(editor, method)(path, {"price": "2.00"}, JSON, headers=key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [status, status]
        assert answers[0].content == answers[1].content
        assert "Content-Type" not in answers[1].headers or status == 200


def test_a_repeated_bulk_gets_the_first_answer(editor: Client) -> None:
    key, rows = {"Idempotency-Key": unique("k")}, {"items": [body(sku=unique("S"))]}
    answers = [editor.post("/api/items/bulk/", rows, JSON, headers=key).json() for _ in range(2)]
    assert answers[0]["items"][0]["status"] == "created"
    assert answers[0] == answers[1]


def test_another_request_under_the_same_key_is_refused(editor: Client) -> None:
    item, sent, key = make_item(), body(), {"Idempotency-Key": unique("k")}
    path = f"/api/items/{item.id}/"
    editor.put(path, sent, JSON, headers=key)
    for answer in (
        editor.put(path, {**sent, "price": "2.00"}, JSON, headers=key),
        editor.put(path, sent, JSON, headers={**key, "If-Match": "*"}),
        editor.patch(path, sent, JSON, headers=key),
        editor.put(f"/api/items/{make_item().id}/", sent, JSON, headers=key),
    ):
        assert_problem(answer, 422, "idempotency-mismatch")
    assert editor.get(path).json()["price"] == "1.00"


def test_a_refusal_is_an_answer_too(editor: Client) -> None:
    sku, key = unique("S"), {"Idempotency-Key": unique("k")}
    taken, sent = make_item(sku=sku), body(sku=sku)
    assert_problem(editor.post("/api/items/", sent, JSON, headers=key), 409, "conflict", {"sku"})
    taken.delete()
    again = editor.post("/api/items/", sent, JSON, headers=key)
    assert_problem(again, 409, "conflict", {"sku"})
    assert again.headers["Idempotency-Replayed"] == "true"
    assert_problem(editor.post("/api/items/", body(), JSON, headers=key), 422, "idempotency-mismatch")


def test_a_key_is_its_users_own(editor: Client, client: Client) -> None:
    sent, key = body(), {"Idempotency-Key": unique("k")}
    assert editor.post("/api/items/", sent, JSON, headers=key).status_code == 201
    assert_problem(client.post("/api/items/", sent, JSON, headers=key), 401, "unauthenticated")
    IdempotencyKey.objects.filter(key=key["Idempotency-Key"]).update(principal="somebody")
    assert "Idempotency-Replayed" not in editor.post("/api/items/", sent, JSON, headers=key).headers


def test_a_key_is_forgotten_after_a_day(editor: Client, user: User) -> None:
    sent, key = body(), {"Idempotency-Key": unique("k")}
    editor.post("/api/items/", sent, JSON, headers=key)
    for age, replayed in (("23:59", True), ("24:01", False)):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE idempotency_keys SET created_at = now() - %s::interval", [age])
        answer = editor.post("/api/items/", sent, JSON, headers=key)
        assert ("Idempotency-Replayed" in answer.headers) == replayed
    assert Item.objects.filter(name=sent["name"]).count() == 2


def test_every_write_with_a_key_forgets_some_old_ones(editor: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO idempotency_keys (principal, key, request_digest, headers, body, created_at)"
            " SELECT 'old', n, '', '{}', '', now() - interval '2 days' FROM generate_series(1, 25) n"
        )
    for left in (15, 5, 0):
        editor.post("/api/items/", body(), JSON, headers={"Idempotency-Key": unique("k")})
        assert IdempotencyKey.objects.filter(principal="old").count() == left


@pytest.mark.parametrize("key", ["", "a b", "k" * 256, "ü", "\t", "a\x7f"])
def test_a_malformed_key_is_refused(editor: Client, key: str) -> None:
    answer = editor.post("/api/items/", body(), JSON, headers={"Idempotency-Key": key})
    assert_problem(answer, 400, "invalid-parameter", {"Idempotency-Key"})


@pytest.mark.parametrize("key", ["!", "~" * 255])
def test_a_key_is_up_to_255_visible_characters(editor: Client, key: str) -> None:
    assert editor.post("/api/items/", body(), JSON, headers={"Idempotency-Key": key}).status_code == 201
