"""The list: bytes, order, pages, filters."""

import hashlib
import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import psycopg
import pytest
from api_fastapi.routes.schemas import Item
from pydantic import TypeAdapter
from tests.running import Service

from tests.conftest import MakeItem

NAMES = ["Zebra", "apple", "Äpfel", "apple", "äpfel", "1", "\N{ROCKET}", "茶"]


def test_a_page_is_compact_unescaped_json_in_the_order_of_the_contract(
    service: Service, make_item: MakeItem, category: str
) -> None:
    name, description = 'Tee "茶" \u2028\N{ROCKET}', "a\tb\\/\x7f\u0001<é>"
    item = make_item(name, description, "7.5")
    answer = service.ask(f"/api/items/?category={category}")
    row = answer.json()[0]
    expected = {
        "id": item,
        "name": name,
        "description": description,
        "price": "7.50",
        "sku": None,
        "category": category,
        "version": row["version"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
    assert answer.body == json.dumps([expected], ensure_ascii=False, separators=(",", ":")).encode()
    TypeAdapter(list[Item]).validate_json(answer.body, strict=True)


def test_times_have_six_digits_also_when_they_are_zeros(
    service: Service, make_item: MakeItem, writer: psycopg.Connection[Any]
) -> None:
    item = make_item()
    writer.execute("UPDATE items SET created_at = '2024-02-29 23:00:00-05' WHERE id = %s", [item])
    assert service.ask(f"/api/items/{item}/").json()["created_at"] == "2024-03-01T04:00:00.000000Z"


def test_the_headers_are_those_of_the_contract(service: Service, make_item: MakeItem, category: str) -> None:
    make_item()
    answer = service.ask(f"/api/items/?category={category}", headers=[("X-Request-Id", "abc-1")])
    assert answer.status == 200
    assert {name.lower(): value for name, value in answer.headers.items() if name.lower() != "date"} == {
        "content-type": "application/json",
        "content-length": str(len(answer.body)),
        "cache-control": "public, max-age=1, stale-while-revalidate=1, stale-if-error=60",
        "etag": f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"',
        "x-request-id": "abc-1",
        "x-served-by": "api-fastapi",
    }


def test_an_unknown_category_is_an_empty_list(service: Service) -> None:
    answer = service.ask("/api/items/?category=there-is-no-such")
    assert (answer.status, answer.body, answer.headers["link"]) == (200, b"[]", None)


@pytest.mark.parametrize("sort", ["id", "name", "price", "updated_at"])
@pytest.mark.parametrize("direction", ["", "-"])
def test_every_sort_walks_in_pages_over_all_items_once(
    service: Service, make_item: MakeItem, category: str, sort: str, direction: str
) -> None:
    for number, name in enumerate(NAMES):
        make_item(name, price=f"{number % 3}.50")
    pages = list(service.pages(f"/api/items/?category={category}&sort={direction}{sort}&limit=3"))
    items = [item for page in pages for item in page.json()]
    assert [len(page.json()) for page in pages] == [3, 3, 2]

    def key(item: dict[str, Any]) -> tuple[Any, int]:
        value = {"name": item["name"].encode(), "price": Decimal(item["price"])}.get(sort, item[sort])
        return value, item["id"]

    assert items == sorted(items, key=key, reverse=bool(direction))
    assert len({item["id"] for item in items}) == len(NAMES)


def test_a_full_last_page_has_no_link(service: Service, make_item: MakeItem, category: str) -> None:
    make_item()
    make_item()
    assert service.ask(f"/api/items/?category={category}&limit=2").headers["link"] is None
    assert service.ask(f"/api/items/?category={category}&limit=1").headers["link"] is not None


def test_rows_inserted_before_the_cursor_do_not_disturb_the_walk(
    service: Service, make_item: MakeItem, category: str
) -> None:
    expected = [make_item(name) for name in ("b", "d", "f", "h")]
    seen = []
    for page in service.pages(f"/api/items/?category={category}&sort=name&limit=1"):
        seen += [item["id"] for item in page.json()]
        make_item("a")
    assert seen == expected


def test_the_limit_may_change_between_pages(service: Service, make_item: MakeItem, category: str) -> None:
    ids = [make_item() for _ in range(4)]
    link = service.ask(f"/api/items/?category={category}&limit=1").headers["link"]
    cursor = dict(parse_qsl(link[2:].partition(">")[0]))["cursor"]
    page = service.ask(f"/api/items/?category={category}&limit=200&cursor={cursor}")
    assert [item["id"] for item in page.json()] == ids[1:]


def test_the_link_repeats_the_request_in_alphabetical_order_with_the_cursor_last(
    service: Service, make_item: MakeItem, category: str
) -> None:
    make_item("one ~ two")
    make_item("one ~ two")
    link = service.ask(f"/api/items/?sort=id&q=+one%20~&&limit=1&min_price=0&category={category}").headers["link"]
    assert link.startswith(f"<?category={category}&limit=1&min_price=0&q=%20one%20~&sort=id&cursor=")
    assert link.endswith('>; rel="next"')


def test_prices_are_bounded_on_both_sides(service: Service, make_item: MakeItem, category: str) -> None:
    ids = [make_item(price=price) for price in ("1.99", "2.00", "3.00", "3.01")]
    page = service.ask(f"/api/items/?category={category}&min_price=2&max_price=3.0")
    assert [item["id"] for item in page.json()] == ids[1:3]


def test_every_word_of_q_begins_a_word_of_name_or_description(
    service: Service, make_item: MakeItem, category: str
) -> None:
    found = make_item("Green TEA", "from the mountains")
    make_item("Steamer", "for mountains of dumplings")
    for query in ("tea", "moun%20GREEN", "%20+te+", "T%C3%89A".replace("%C3%89", "e")):
        page = service.ask(f"/api/items/?category={category}&q={query}")
        assert [item["id"] for item in page.json()] == [found], query
    assert service.ask(f"/api/items/?category={category}&q=%21%3F").json() == []


def test_head_has_the_headers_of_get_and_no_body(service: Service, make_item: MakeItem, category: str) -> None:
    make_item()
    make_item()
    target = f"/api/items/?category={category}&limit=1"
    get, head = service.ask(target), service.ask(target, "HEAD")
    assert (head.status, head.body) == (200, b"")
    for name in ("content-length", "content-type", "etag", "link", "cache-control"):
        assert head.headers[name] == get.headers[name]
