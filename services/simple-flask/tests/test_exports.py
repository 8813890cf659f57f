"""Exports, as an application answers them; what they do on the wire is in test_server.py."""

import csv
import io
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

NewItem = Callable[..., int]
Unique = Callable[[], str]
PATHS = ["/api/tasks/exports/items.csv", "/api/tasks/exports/items.ndjson"]
CSV, NDJSON = PATHS

AWKWARD = ['=1+1, "q"', "+1", "-1", "@x", "a\r\nb\n", " é😀", "'", "\x01\x7f\u2028"]


def test_csv_is_rfc_4180(
    client: FlaskClient, new_item: NewItem, new_category: Callable[..., str], unique: Unique
) -> None:
    slug, sku = new_category(), unique()
    first, second = new_item('a "b"', "c\nd,", "1.50", sku, slug), new_item("=1+1", category=slug)
    response = client.get(f"{CSV}?category={slug}")
    items = [client.get(f"/api/items/{item}/").get_json() for item in (first, second)]
    times = [f"{item['version']},{item['created_at']},{item['updated_at']}" for item in items]
    assert response.data.decode() == (
        "id,name,description,price,sku,category,version,created_at,updated_at\r\n"
        f'{first},"a ""b""","c\nd,",1.50,{sku},{slug},{times[0]}\r\n'
        f"{second},=1+1,,1.00,,{slug},{times[1]}\r\n"
    )
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["Content-Disposition"] == 'attachment; filename="items.csv"'
    assert response.headers["Cache-Control"] == "no-store"


def test_csv_reads_back_as_what_was_written(
    client: FlaskClient, new_item: NewItem, new_category: Callable[..., str]
) -> None:
    slug = new_category()
    for text in AWKWARD:
        new_item(text, text, category=slug)
    rows = list(csv.DictReader(io.StringIO(client.get(f"{CSV}?category={slug}").data.decode(), newline="")))
    assert [(row["name"], row["description"]) for row in rows] == [(text, text) for text in AWKWARD]


def test_ndjson_lines_are_the_items_as_the_api_gives_them(
    client: FlaskClient, new_item: NewItem, new_category: Callable[..., str]
) -> None:
    slug = new_category()
    made = [new_item(text, text, category=slug) for text in AWKWARD]
    response = client.get(f"{NDJSON}?category={slug}")
    assert response.data.split(b"\n") == [*(client.get(f"/api/items/{item}/").data for item in made), b""]
    assert response.headers["Content-Type"] == "application/x-ndjson"
    assert response.headers["Content-Disposition"] == 'attachment; filename="items.ndjson"'


def test_an_empty_export_is_complete(client: FlaskClient, unique: Unique) -> None:
    assert client.get(f"{CSV}?category={unique()}").data.count(b"\r\n") == 1
    assert client.get(f"{NDJSON}?category={unique()}").data == b""


def test_every_item_is_exported_in_the_order_of_ids(client: FlaskClient, new_item: NewItem) -> None:
    item = new_item()
    exported = [int(line.partition(b",")[0].removeprefix(b'{"id":')) for line in client.get(NDJSON).data.splitlines()]
    assert item in exported
    assert exported == sorted(set(exported))


def test_the_filters_of_the_list_hold(client: FlaskClient, new_item: NewItem, unique: Unique) -> None:
    word = unique()
    new_item(word, price="1.00"), new_item(word, price="2.00"), new_item(word, price="3.00")
    query = f"?q={word}&min_price=2&max_price=2.50"
    assert client.get(NDJSON + query).data == client.get("/api/items/" + query).data[1:-1] + b"\n"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("limit=1", "limit"),
        ("sort=id", "sort"),
        ("cursor=x", "cursor"),
        ("q=%FF", "q"),
        ("min_price=2&max_price=1", "min_price"),
    ],
)
def test_a_wrong_parameter_is_named(
    client: FlaskClient, assert_problem: Any, path: str, query: str, wrong: str
) -> None:
    assert_problem(client.get(f"{path}?{query}"), 400, "invalid-parameter", {wrong})


def test_an_export_shows_one_moment(
    client: FlaskClient, admin: psycopg.Connection[Any], new_category: Callable[..., str]
) -> None:
    slug = new_category()
    admin.execute(
        "INSERT INTO items (name, description, price, category)"
        " SELECT 'before', '', 1, %s FROM generate_series(1, 1000)",
        (slug,),
    )
    response = client.get(f"{NDJSON}?category={slug}", buffered=False)
    chunks = response.iter_encoded()
    start = next(chunks)
    admin.execute("UPDATE items SET name = 'after' WHERE category = %s", (slug,))
    admin.execute("DELETE FROM items WHERE category = %s AND id %% 2 = 0", (slug,))
    lines = (start + b"".join(chunks)).splitlines()
    response.close()
    assert len(lines) == 1000
    assert all(b'"name":"before"' in line for line in lines)


@pytest.mark.parametrize("path", PATHS)
def test_head_has_the_headers_and_holds_nothing(make_app: Callable[..., Flask], path: str) -> None:
    client = make_app(EXPORTS_AT_ONCE=1).test_client()
    for _ in range(3):
        with client.head(path) as response:
            assert (response.status_code, response.data) == (200, b"")
            assert "Content-Length" not in response.headers
    assert client.get(path).headers["Content-Type"] == response.headers["Content-Type"]


def test_too_many_exports_at_once_are_told_to_come_again(make_app: Callable[..., Flask], assert_problem: Any) -> None:
    client = make_app(EXPORTS_AT_ONCE=1).test_client()
    with client.get(CSV, buffered=False):
        refused = client.get(NDJSON)
        assert_problem(refused, 503, "unavailable")
        assert refused.headers["Retry-After"] == "1"
        assert client.get("/api/items/").status_code == 200
    assert client.get(NDJSON).status_code == 200


def test_an_export_that_fails_to_start_holds_nothing(make_app: Callable[..., Flask], assert_problem: Any) -> None:
    uri = "postgresql+psycopg://nobody:x@127.0.0.1:1/nothing"
    client = make_app(EXPORTS_AT_ONCE=1, SQLALCHEMY_DATABASE_URI=uri).test_client()
    for _ in range(2):
        body = assert_problem(client.get(CSV), 503, "unavailable")
        assert "database" in body["detail"]
