"""Bad bodies: every mistake is a 4xx problem that names the field."""

import json
from typing import Any

import pytest
from catalog.models import Item
from django.test import Client

from tests.make import assert_problem, make_item, unique

pytestmark = pytest.mark.django_db

# What the body says beside or instead of a good name and price, as JSON text, and which fields are named.
BAD_FIELDS = [
    ('"price":14.5', {"price"}),
    ('"price":14', {"price"}),
    ('"price":1e2', {"price"}),
    ('"price":NaN', {"price"}),
    ('"price":Infinity', {"price"}),
    ('"price":-Infinity', {"price"}),
    ('"price":1E999999999', {"price"}),
    ('"price":' + "9" * 100_000, {"price"}),
    ('"price":null', {"price"}),
    ('"price":true', {"price"}),
    ('"price":["1.00"]', {"price"}),
    ('"price":{"amount":"1.00"}', {"price"}),
    ('"price":""', {"price"}),
    ('"price":"1"', {"price"}),
    ('"price":"1.5"', {"price"}),
    ('"price":"1.005"', {"price"}),
    ('"price":"-1.00"', {"price"}),
    ('"price":"+1.00"', {"price"}),
    ('"price":"01.00"', {"price"}),
    ('"price":" 1.00"', {"price"}),
    ('"price":"1.00\\n"', {"price"}),
    ('"price":"1,00"', {"price"}),
    ('"price":"NaN"', {"price"}),
    ('"price":"١.٠٠"', {"price"}),
    ('"price":"100000000.00"', {"price"}),
    ('"price":"12345678901.00"', {"price"}),
    ('"name":""', {"name"}),
    ('"name":null', {"name"}),
    ('"name":7', {"name"}),
    ('"name":true', {"name"}),
    ('"name":{}', {"name"}),
    ('"name":"' + "x" * 101 + '"', {"name"}),
    ('"name":"' + "😀" * 101 + '"', {"name"}),
    ('"name":"a\\u0000b"', {"name"}),
    ('"name":"\\ud800"', {"name"}),
    ('"name":"\\udc00\\ud800"', {"name"}),
    ('"description":null', {"description"}),
    ('"description":1', {"description"}),
    ('"description":"\\u0000"', {"description"}),
    ('"description":"\\ud83d"', {"description"}),
    ('"description":"' + "x" * 100_001 + '"', {"description"}),
    ('"sku":""', {"sku"}),
    ('"sku":1', {"sku"}),
    ('"sku":"' + "x" * 65 + '"', {"sku"}),
    ('"sku":"\\u0000"', {"sku"}),
    ('"category":""', {"category"}),
    ('"category":1', {"category"}),
    ('"category":"Upper"', {"category"}),
    ('"category":"a\\n"', {"category"}),
    ('"category":"' + "a" * 65 + '"', {"category"}),
    ('"category":"nobody-has-this"', {"category"}),
    ('"colour":"red"', {"colour"}),
    ('"colour":1.5', {"colour"}),
    ('"\\ud800":1', {"?"}),
    ('"":1', {""}),
    ('"id":1', {"id"}),
    ('"version":1', {"version"}),
    ('"created_at":"2026-01-31T08:30:00.000000Z"', {"created_at"}),
    ('"updated_at":null', {"updated_at"}),
    ('"search":"x"', {"search"}),
    ('"category_id":"x"', {"category_id"}),
    ('"name":"a","name":"a"', {"name"}),
    ('"colour":1,"colour":1', {"colour"}),
    ('"price":1,"name":"","colour":1,"id":1,"sku":1', {"price", "name", "colour", "id", "sku"}),
]
BAD_BODIES = [
    b"",
    b" ",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"1",
    b"NaN",
    b'[{"name":"a","price":"1.00"}]',
    b'{"name":"a","price":"1.00"} x',
    b'{"name":"a","price":"1.00",}',
    b"{'name':'a'}",
    b'\xef\xbb\xbf{"name":"a","price":"1.00"}',
    '{"name":"ä","price":"1.00"}'.encode("latin-1"),
    '{"name":"a","price":"1.00"}'.encode("utf-16"),
    b'{"name":"\xed\xa0\x80","price":"1.00"}',
    b'{"name":"a\x00b","price":"1.00"}',
    b'{"name":"a\nb","price":"1.00"}',
    b"[" * 500_000,
    b'{"a":' * 100_000,
    b"name=a&price=1.00",
]


def sent(fields: str) -> bytes:
    """Return a body in which the fields stand instead of the good ones of the same name."""
    good = {"name": "a", "price": "1.00"}.items()
    rest = "".join(f',"{name}":"{value}"' for name, value in good if f'"{name}":' not in fields)
    return f"{{{fields}{rest}}}".encode()


@pytest.mark.parametrize(("fields", "errors"), BAD_FIELDS, ids=lambda value: str(value)[:40])
def test_a_bad_field_is_named(editor: Client, fields: str, errors: set[str]) -> None:
    item = make_item()
    path, body = f"/api/items/{item.id}/", sent(fields)
    assert_problem(editor.post("/api/items/", body, "application/json"), 400, "invalid-body", errors)
    assert_problem(editor.put(path, body, "application/json"), 400, "invalid-body", errors)
    assert_problem(editor.patch(path, body, "application/json"), 400, "invalid-body", errors)
    assert Item.objects.get(id=item.id).version == item.version


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("path", ["/api/items/", "/api/items/bulk/"])
def test_what_is_no_json_object_is_refused_as_a_whole(editor: Client, path: str, body: bytes) -> None:
    response = editor.generic("POST", path, body, CONTENT_TYPE="application/json")
    assert_problem(response, 400, "invalid-body", {"body"})


@pytest.mark.parametrize(("body", "errors"), [(b"{}", {"name", "price"}), (b'{"name":"a"}', {"price"})])
def test_what_is_missing_is_named(editor: Client, body: bytes, errors: set[str]) -> None:
    assert_problem(editor.post("/api/items/", body, "application/json"), 400, "invalid-body", errors)
    assert_problem(editor.put(f"/api/items/{make_item().id}/", body, "application/json"), 400, "invalid-body", errors)


@pytest.mark.parametrize(
    "media_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx",
     "application/json; charset=utf-16", "application/merge-patch+json", "///", "application/json; charset=bz2_codec"],
)  # fmt: skip
@pytest.mark.parametrize("body", [b"", b'{"name":"a","price":"1.00"}'])
def test_another_media_type_is_refused(editor: Client, media_type: str, body: bytes) -> None:
    response = editor.generic("POST", "/api/items/", body, CONTENT_TYPE=media_type)
    assert_problem(response, 415, "invalid-body", {"body"})
    assert response.headers["Accept"] == "application/json"


def test_a_compressed_body_is_refused(editor: Client) -> None:
    response = editor.post("/api/items/", b"{}", "application/json", headers={"Content-Encoding": "gzip"})
    assert_problem(response, 415, "invalid-body", {"body"})


@pytest.mark.parametrize("media_type", ["application/json; charset=UTF-8", 'Application/JSON;charset="utf-8"'])
def test_json_may_say_that_it_is_utf_8(editor: Client, media_type: str) -> None:
    assert editor.generic("POST", "/api/items/", b'{"name":"a","price":"1.00"}', media_type).status_code == 201


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k"}])
@pytest.mark.parametrize(("path", "size"), [("/api/items/", 2**20 + 1), ("/api/items/bulk/", 10 * 2**20 + 1)])
def test_a_body_that_is_too_long_is_refused(editor: Client, path: str, size: int, key: dict[str, str]) -> None:
    response = editor.post(path, b" " * size, "application/json", headers=key)
    assert_problem(response, 413, "invalid-body", {"body"})


def test_a_million_unknown_fields_get_a_short_answer(editor: Client) -> None:
    body = json.dumps({f"field-{number}": 1 for number in range(50_000)})
    response = editor.post("/api/items/", body, "application/json")
    assert response.status_code == 400
    assert len(response.content) < 5000


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "😀" * 100},
        {"description": "ẞ" * 100_000},
        {"description": "ΐ" * 100_000},
        {"price": "0.00"},
        {"price": "99999999.99"},
        {"sku": "x" * 64},
        {"name": "\u2028\x01\x7f\ufffe", "description": "\r\n\t"},
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_just_allowed_is_kept_to_the_letter(editor: Client, fields: dict[str, Any]) -> None:
    body = {"name": unique("n"), "price": "1.00", "sku": unique("S"), **fields}
    response = editor.post("/api/items/", body, "application/json")
    assert response.status_code == 201, response.content
    assert {name: editor.get(response.headers["Location"]).json()[name] for name in body} == body
