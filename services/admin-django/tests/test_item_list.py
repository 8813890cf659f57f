"""`/api/items/`: its bytes, its pages and its filters. Each test looks at a category of its own."""

import json
import re
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from catalog.models import Category
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.make import make_category, make_item, unique

pytestmark = pytest.mark.django_db

AWKWARD = 'Ä "quoted" \\ / \u2028 😀 <&>'


@pytest.fixture
def category() -> Category:
    """A category that only this test has."""
    return make_category()


def names(client: Client, query: str) -> list[str]:
    response = client.get(f"/api/items/?{query}")
    assert response.status_code == 200, response.content
    return [item["name"] for item in response.json()]


def walk(client: Client, query: str) -> list[dict[str, Any]]:
    """Return the items of every page, following the links."""
    items: list[dict[str, Any]] = []
    following = f"?{query}"
    while following:
        response = client.get(f"/api/items/{following}")
        assert response.status_code == 200, response.content
        items += response.json()
        link = response.headers.get("Link", "")
        following = link.removeprefix("<").removesuffix('>; rel="next"')
        assert not link or re.fullmatch(r'<\?[!-~]+&cursor=[A-Za-z0-9_-]+>; rel="next"', link)
    return items


def test_the_body_is_compact_json_with_every_key_in_order(client: Client, category: Category) -> None:
    item = make_item(name=AWKWARD, description="line\nbreak", price=Decimal("5"), category=category)
    response = client.get(f"/api/items/?category={category.slug}")
    created, updated = (moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") for moment in (item.created_at, item.updated_at))
    quoted = AWKWARD.replace("\\", "\\\\").replace('"', '\\"')
    assert response.content.decode() == (
        f'[{{"id":{item.id},"name":"{quoted}","description":"line\\nbreak","price":"5.00","sku":null,'
        f'"category":"{category.slug}","version":{item.version},"created_at":"{created}","updated_at":"{updated}"}}]'
    )


def test_the_headers_are_those_of_the_contract(client: Client, category: Category) -> None:
    make_item(category=category)
    response = client.get(f"/api/items/?category={category.slug}")
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "public, max-age=1, stale-while-revalidate=1, stale-if-error=60"
    assert response.headers["ETag"] == f'"{sha256(response.content).hexdigest()[:32]}"'
    assert response.headers["Content-Length"] == str(len(response.content))
    assert not {"Link", "Vary", "Allow", "Set-Cookie"} & set(response.headers)


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "garbage", ""])
def test_accept_is_ignored(client: Client, accept: str) -> None:
    assert client.get("/api/items/?limit=1", headers={"Accept": accept}).headers["Content-Type"] == "application/json"


def test_a_page_is_one_query(client: Client, category: Category) -> None:
    for _ in range(3):
        make_item(category=category)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        walk(client, f"category={category.slug}")
    assert len(queries) == 1
    assert '"terms"' not in queries[0]["sql"]


@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name", "price", "-price", "updated_at", "-updated_at"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_a_walk_shows_every_item_once_and_in_order(client: Client, category: Category, sort: str, limit: int) -> None:
    twins = [
        ("b", "2.00"),
        ("b", "2.00"),
        ("B", "2.00"),
        ("ä", "10.00"),
        ("a", "9.00"),
        ("😀", "0.00"),
        ("z\u2028", "2.00"),
    ]
    for name, price in twins:
        make_item(name=name, price=Decimal(price), category=category)
    items = walk(client, f"sort={sort}&limit={limit}&category={category.slug}")
    column = sort.lstrip("-")

    def key(item: dict[str, Any]) -> tuple[Any, int]:
        value = item[column]
        return (Decimal(value) if column == "price" else value), item["id"]

    assert len(items) == len(twins)
    assert items == sorted(items, key=key, reverse=sort.startswith("-"))


def test_items_inserted_before_the_cursor_move_nothing(client: Client, category: Category) -> None:
    for name in ("d", "e", "f"):
        make_item(name=name, category=category)
    first = client.get(f"/api/items/?sort=name&limit=2&category={category.slug}")
    make_item(name="a", category=category)
    following = first.headers["Link"].removeprefix("<?").split(">")[0]
    assert names(client, following) == ["f"]


def test_the_link_keeps_the_parameters_as_sent_in_alphabetical_order(client: Client, category: Category) -> None:
    for _ in range(2):
        make_item(name="Fünf Äpfel", category=category)
    link = client.get(f"/api/items/?sort=name&q=+f%C3%BCnf+/~&limit=1&category={category.slug}").headers["Link"]
    assert link.startswith(f"<?category={category.slug}&limit=1&q=%20f%C3%BCnf%20%2F~&sort=name&cursor=")


def test_limit_may_change_between_pages(client: Client, category: Category) -> None:
    for name in "abcd":
        make_item(name=name, category=category)
    link = client.get(f"/api/items/?limit=1&category={category.slug}").headers["Link"]
    cursor = link.split("cursor=")[1].split(">")[0]
    assert names(client, f"category={category.slug}&cursor={cursor}") == ["b", "c", "d"]


def test_a_full_last_page_has_no_link(client: Client, category: Category) -> None:
    for _ in range(2):
        make_item(category=category)
    assert "Link" not in client.get(f"/api/items/?limit=2&category={category.slug}").headers


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("min_price=2", ["b", "c"]),
        ("max_price=2.0", ["a", "b"]),
        ("min_price=02.00&max_price=2.00", ["b"]),
        ("min_price=3.01", []),
        ("max_price=99999999.99", ["a", "b", "c"]),
    ],
)
def test_prices_are_bounds_that_are_included(client: Client, category: Category, query: str, found: list[str]) -> None:
    for name, price in zip("abc", ("1.00", "2.00", "3.00"), strict=True):
        make_item(name=name, price=Decimal(price), category=category)
    assert names(client, f"category={category.slug}&{query}") == found


def test_an_unknown_category_has_no_items(client: Client) -> None:
    response = client.get(f"/api/items/?category={unique('none')}")
    assert (response.status_code, response.content) == (200, b"[]")


@pytest.mark.parametrize(
    ("q", "matches"),
    [
        ("apf", True),
        ("%20ROTER%20", True),
        ("roter+apfel", True),
        ("apfel%E3%80%80roter", True),
        ("apfel+birne", False),
        ("pfel", False),
        ("s%C3%BC%C3%9F", True),
        ("'%3A*%26%7C!()", False),
        ("%3F", False),
        ("wand-uhr", True),
        ("2.5", True),
        ("%5C", False),
    ],
)
def test_every_word_of_q_begins_a_word_of_the_item(
    client: Client, category: Category, q: str, *, matches: bool
) -> None:
    make_item(name="Roter Apfel", description="Süß; mit Wand-Uhr, 2.5 kg", category=category)
    assert bool(names(client, f"category={category.slug}&q={q}")) is matches


def test_the_same_answer_twice_is_not_modified(client: Client, category: Category) -> None:
    for _ in range(2):
        make_item(category=category)
    first = client.get(f"/api/items/?limit=1&category={category.slug}")
    headers = {"If-None-Match": f'"x", W/{first.headers["ETag"]}'}
    again = client.get(f"/api/items/?limit=1&category={category.slug}", headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    for name in ("ETag", "Link", "Cache-Control"):
        assert again.headers[name] == first.headers[name]
    assert "Content-Type" not in again.headers


def test_head_has_the_headers_of_get_and_no_body(client: Client, category: Category) -> None:
    for _ in range(2):
        make_item(category=category)
    path = f"/api/items/?limit=1&category={category.slug}"
    get, head = client.get(path), client.head(path)
    assert head.content == b""
    assert dict(head.headers) == dict(get.headers)


def test_a_body_on_get_is_ignored(client: Client) -> None:
    response = client.generic("GET", "/api/items/?limit=1", data=b"{broken", content_type="application/json")
    assert response.status_code == 200
    assert isinstance(json.loads(response.content), list)
