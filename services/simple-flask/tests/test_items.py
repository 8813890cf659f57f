"""The list of items, and one item."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import psycopg
import pytest
from flask.testing import FlaskClient

NewItem = Callable[..., int]
Unique = Callable[[], str]


def walk(client: FlaskClient, query: str) -> Iterator[dict[str, Any]]:
    """Yield the items of every page, following the links."""
    following: str | None = f"?{query}"
    while following:
        response = client.get("/api/items/" + following)
        assert response.status_code == 200, response.data
        yield from response.get_json()
        link = response.headers.get("Link")
        assert link is None or (link.startswith("<?") and link.endswith('>; rel="next"'))
        following = link and link[1 : link.index(">")]


def ids(client: FlaskClient, query: str) -> list[int]:
    return [item["id"] for item in walk(client, query)]


def test_an_item_is_written_to_the_letter(
    client: FlaskClient,
    new_item: NewItem,
    new_category: Callable[..., str],
    admin: psycopg.Connection[Any],
    unique: Unique,
) -> None:
    slug, sku = new_category(), unique()
    item_id = new_item('Ω "q" \\ 😀 \u2028/<', "a\n\x01\x7f", "7.50", sku, slug)
    admin.execute("UPDATE items SET created_at = '2026-01-02 03:04:05+02' WHERE id = %s", (item_id,))
    row = admin.execute("SELECT version, updated_at AT TIME ZONE 'UTC' FROM items WHERE id = %s", (item_id,)).fetchone()
    assert row is not None
    response = client.get(f"/api/items/{item_id}/")
    assert response.data.decode() == (
        f'{{"id":{item_id},"name":"Ω \\"q\\" \\\\ 😀 \u2028/<","description":"a\\n\\u0001\x7f","price":"7.50",'
        f'"sku":"{sku}",'
        f'"category":"{slug}","version":{row[0]},"created_at":"2026-01-02T01:04:05.000000Z",'
        f'"updated_at":"{row[1].isoformat(timespec="microseconds")}Z"}}'
    )
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["ETag"] == f'"{row[0]}"'
    assert response.headers["Cache-Control"] == "public, max-age=1, stale-while-revalidate=1, stale-if-error=60"
    assert "Vary" not in response.headers
    assert client.get(f"/api/items/?q={sku}").data == b"[]"
    assert response.data in client.get(f"/api/items/?category={slug}").data


def test_null_is_written_as_null(client: FlaskClient, new_item: NewItem) -> None:
    item = client.get(f"/api/items/{new_item()}/").get_json()
    assert (item["sku"], item["category"], item["description"]) == (None, None, "")


def test_an_empty_list_is_an_empty_array(client: FlaskClient, unique: Unique) -> None:
    response = client.get(f"/api/items/?category={unique()}")
    assert (response.data, response.headers.get("Link")) == (b"[]", None)
    assert response.headers["ETag"] == '"4f53cda18c2baa0c0354bb5f9a3ecbe5"'


@pytest.mark.parametrize("sort", ["id", "name", "price", "updated_at", "-id", "-name", "-price", "-updated_at"])
@pytest.mark.parametrize("limit", [1, 2, 200])
def test_pages_follow_each_other_without_gap_or_repetition(
    client: FlaskClient, new_item: NewItem, unique: Unique, sort: str, limit: int
) -> None:
    word = unique()
    made = [
        {"id": new_item(f"{name} {word}", price=price), "name": f"{name} {word}", "price": price}
        for name, price in [("b", "2.00"), ("a", "10.00"), ("B", "2.00"), ("a", "1.00"), ("é", "2.00"), ("b", "0.00")]
    ]
    keys: dict[str, Callable[[dict[str, Any]], Any]] = {
        "id": lambda item: item["id"],
        "name": lambda item: (item["name"].encode(), item["id"]),
        "price": lambda item: (float(item["price"]), item["id"]),
        "updated_at": lambda item: item["id"],
    }
    expected = sorted(made, key=keys[sort.removeprefix("-")], reverse=sort.startswith("-"))
    assert ids(client, f"q={word}&sort={sort}&limit={limit}") == [item["id"] for item in expected]


def test_an_item_inserted_before_the_cursor_disturbs_no_page(
    client: FlaskClient, new_item: NewItem, unique: Unique
) -> None:
    word = unique()
    made = [new_item(f"{name} {word}") for name in "bcd"]
    pages = walk(client, f"q={word}&sort=name&limit=1")
    seen = [next(pages)["id"]]
    new_item(f"a {word}")
    assert seen + [item["id"] for item in pages] == made


def test_the_limit_may_change_between_pages(client: FlaskClient, new_item: NewItem, unique: Unique) -> None:
    word = unique()
    made = [new_item(word) for _ in range(4)]
    link = client.get(f"/api/items/?q={word}&limit=1").headers["Link"]
    cursor = dict(parse_qsl(link[2 : link.index(">")]))["cursor"]
    assert ids(client, f"q={word}&limit=200&cursor={cursor}") == made[1:]


def test_the_link_has_the_parameters_in_order_and_the_cursor_last(
    client: FlaskClient, new_item: NewItem, unique: Unique
) -> None:
    word = unique()
    for _ in range(3):
        new_item(f"x/é {word}")
    link = client.get(f"/api/items/?sort=id&q=+x%2f%C3%A9%20{word}&limit=1&max_price=9.0").headers["Link"]
    start = f"<?limit=1&max_price=9.0&q=%20x%2F%C3%A9%20{word}&sort=id&cursor="
    assert link.startswith(start)
    second = client.get("/api/items/" + link[1 : link.index(">")]).headers["Link"]
    assert second.startswith(start) and second != link


def test_the_default_limit_is_fifty(client: FlaskClient, admin: psycopg.Connection[Any], unique: Unique) -> None:
    word = unique()
    admin.execute("INSERT INTO items (name, description, price) SELECT %s, '', 1 FROM generate_series(1, 51)", (word,))
    response = client.get(f"/api/items/?q={word}")
    assert len(response.get_json()) == 50
    assert "Link" in response.headers


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("min_price=2", ["2.00", "2.50", "3.00"]),
        ("max_price=2.50", ["1.99", "2.00", "2.50"]),
        ("min_price=2.0&max_price=02.50", ["2.00", "2.50"]),
        ("min_price=2.00&max_price=2", ["2.00"]),
    ],
)
def test_prices_are_filtered_inclusively(
    client: FlaskClient, new_item: NewItem, unique: Unique, query: str, found: list[str]
) -> None:
    word = unique()
    for price in ("1.99", "2.00", "2.50", "3.00"):
        new_item(word, price=price)
    assert [item["price"] for item in walk(client, f"q={word}&{query}")] == found


def test_every_word_of_q_begins_a_word_of_name_or_description(
    client: FlaskClient, new_item: NewItem, unique: Unique
) -> None:
    word = unique()
    item_id = new_item(f"Lamp {word}", "For the Écran")
    for q in (word, word[:-1], f"{word} LAM", f"+{word}%20écr".replace("é", "%C3%A9"), f"the {word} for"):
        assert ids(client, f"q={q}") == [item_id], q
    for q in (f"{word} amp", f"{word} lamps", "!?", "%27%22%3A%2A%7C%26"):
        assert item_id not in ids(client, f"q={q}&min_price=1&max_price=1"), q


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        *[(f"limit={limit}", {"limit"}) for limit in ("0", "201", "1000", "-1", "+5", "01", "5.0", "", "%D9%A5")],
        *[(f"min_price={price}", {"min_price"}) for price in ("NaN", "-1", "1.", ".5", "1.234", "1e3", "123456789")],
        ("max_price=%D9%A5", {"max_price"}),
        ("min_price=2&max_price=1.99", {"min_price"}),
        ("min_price=2&max_price=1&limit=0", {"min_price", "limit"}),
        ("category=Books", {"category"}),
        ("category=" + "a" * 65, {"category"}),
        ("sort=sku", {"sort"}),
        ("sort=--id", {"sort"}),
        ("q=+%20+", {"q"}),
        ("q=" + "a" * 201, {"q"}),
        ("q=a%00", {"q"}),
        ("q=%FF", {"q"}),
        ("unknown=1", {"unknown"}),
        ("q=a&q=a", {"q"}),
        ("cursor=garbage", {"cursor"}),
        ("cursor=garbage&limit=0", {"limit"}),
    ],
)
def test_a_wrong_parameter_is_named(client: FlaskClient, assert_problem: Any, query: str, wrong: set[str]) -> None:
    assert_problem(client.get(f"/api/items/?{query}"), 400, "invalid-parameter", wrong)


def test_a_cursor_of_another_sort_or_filter_is_refused(
    client: FlaskClient, new_item: NewItem, unique: Unique, assert_problem: Any
) -> None:
    word = unique()
    new_item(word), new_item(word)
    link = client.get(f"/api/items/?q={word}&limit=1").headers["Link"]
    cursor = dict(parse_qsl(link[2 : link.index(">")]))["cursor"]
    for query in ("", f"q={word}&sort=-id", f"q={word}&sort=name", f"q=+{word}", f"q={word}&min_price=0"):
        response = client.get(f"/api/items/?{query}&cursor={cursor}")
        assert_problem(response, 400, "invalid-parameter", {"cursor"})
    assert client.get(f"/api/items/?q={word}&sort=id&cursor={cursor}").status_code == 200


@pytest.mark.parametrize("path", ["/api/items/1/", "/api/categories/", "/readyz"])
def test_only_the_list_takes_parameters(client: FlaskClient, assert_problem: Any, path: str) -> None:
    if path != "/readyz":
        assert_problem(client.get(path + "?limit=1"), 400, "invalid-parameter", {"limit"})
    assert client.get(path + "?&").status_code in (200, 404)


def test_a_body_on_a_read_is_ignored(client: FlaskClient, unique: Unique) -> None:
    response = client.get(f"/api/items/?category={unique()}", data=json.dumps({"limit": 0}).encode() * 100_000)
    assert response.status_code == 200
