"""The oracle itself says what CONTRACT says, in examples worked out by hand."""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.contract.oracle import Answer, Catalogue, CategoryRow, ItemRow, answer, cursors, query

NOON = datetime(2026, 1, 31, 12, 0, 0, 5, UTC)


def row(id: int, name: str = "Mug", price: str = "1.00", category: str | None = None, description: str = "") -> ItemRow:
    return ItemRow(id, name, description, Decimal(price), None, category, 1000 + id, NOON, NOON)


ROWS = Catalogue(
    [
        row(1, "b", "10.00", "x"),
        row(2, "B", "9.50"),
        row(3, "a", "10.00", "x", "Blue enamel"),
        row(4, "é", "0.00"),
        row(5, "\U0001f600", "99999999.99"),
        row(6, "\uffee", "10.00"),
    ],
    [CategoryRow("x", "X", 2), CategoryRow("a", "Ä", 0)],
)


def ask(target: str, if_none_match: str | None = None, method: str = "GET") -> Answer:
    return answer(method, target.encode(), if_none_match, ROWS)


def ids(target: str) -> list[int]:
    reply = ask(target)
    assert reply.status == 200 and reply.body is not None
    return [item["id"] for item in json.loads(reply.body)]


def test_an_item_is_compact_json_in_the_order_of_the_contract() -> None:
    reply = ask("/api/items/4/")
    assert (
        reply.body
        == (
            '{"id":4,"name":"é","description":"","price":"0.00","sku":null,"category":null,"version":1004,'
            '"created_at":"2026-01-31T12:00:00.000005Z","updated_at":"2026-01-31T12:00:00.000005Z"}'
        ).encode()
    )
    assert reply.etag == '"1004"'


def test_the_tag_of_a_list_is_the_digest_of_its_body() -> None:
    assert ask("/api/items/?category=none").body == b"[]"
    assert ask("/api/items/?category=none").etag == f'"{hashlib.sha256(b"[]").hexdigest()[:32]}"'


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("?sort=name", [2, 3, 1, 4, 6, 5]),
        ("?sort=-name", [5, 6, 4, 1, 3, 2]),
        ("?sort=price", [4, 2, 1, 3, 6, 5]),
        ("?sort=-price", [5, 6, 3, 1, 2, 4]),
        ("?sort=-updated_at&limit=2", [6, 5]),
        ("?min_price=9.5&max_price=10", [1, 2, 3, 6]),
        ("?category=x", [1, 3]),
        ("?q=BLU+ena", [3]),
        ("?q=lue", []),
        ("?q=--", []),
        ("?q=blue-e", [3]),
    ],
)
def test_filters_and_order(target: str, expected: list[int]) -> None:
    assert ids(f"/api/items/{target}") == expected


def test_the_next_page_starts_after_the_last_row() -> None:
    first = ask("/api/items/?sort=price&limit=2&q=+b&category=x&q2")
    assert first.errors == frozenset({"q2"})
    first = ask("/api/items/?sort=price&limit=1&q=+b&category=x")
    digest = hashlib.sha256(b"category=x\nq= b").hexdigest()[:16]
    cursor = cursors.encode([1, "price", digest, "10.00", 1])
    assert first.link == f'<?category=x&limit=1&q=%20b&sort=price&cursor={cursor}>; rel="next"'
    second = ask(f"/api/items/{first.link[1 : first.link.index('>')]}")
    assert second.link is None and second.body is not None and b'"id":3' in second.body


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("?limit=0", {"limit"}),
        ("?limit=201&sort=x&y=1", {"limit", "sort", "y"}),
        ("?limit=5&limit=5", {"limit"}),
        ("?q=%FF", {"q"}),
        ("?q=%00", {"q"}),
        ("?q=%C2%85", {"q"}),
        ("?q=%4", {"q"}),
        ("?%FFa=1", {"\ufffda"}),
        ("?q=%C3%A9%FF&q=%%", {"q"}),
        ("?min_price=2&max_price=1.99", {"min_price"}),
        ("?cursor=garbage&limit=x", {"limit"}),
        ("?cursor=garbage", {"cursor"}),
        ("?cursor=&cursor=", {"cursor"}),
        ("1/?limit=1", {"limit"}),
    ],
)
def test_every_wrong_parameter_is_named(target: str, names: set[str]) -> None:
    reply = ask(f"/api/items/{target}")
    assert (reply.status, reply.errors) == (400, frozenset(names))


@pytest.mark.parametrize("limit", ["1", "9", "10", "99", "100", "199", "200"])
def test_limits_of_the_right_form_pass(limit: str) -> None:
    assert ask(f"/api/items/?limit={limit}").status == 200


@pytest.mark.parametrize(
    "document",
    [
        [1, "id", "", 3, 3],
        [True, "id", "DIGEST", 3, 3],
        [1.0, "id", "DIGEST", 3, 3],
        [1, "id", "DIGEST", 3.0, 3],
        [1, "id", "DIGEST", 2, 3],
        [1, "id", "DIGEST", True, 1],
        [1, "name", "DIGEST", "a", 3],
        [1, "id", "DIGEST", 2**63, 2**63],
        [1, "id", "DIGEST", 3],
        {"1": 1},
    ],
)
def test_a_cursor_that_no_service_writes_is_refused(document: object) -> None:
    if isinstance(document, list):
        document = [cursors.digest({}) if part == "DIGEST" else part for part in document]
    assert ask(f"/api/items/?cursor={cursors.encode(document)}").errors == frozenset({"cursor"})
    assert ids(f"/api/items/?cursor={cursors.encode([1, 'id', cursors.digest({}), 3, 3])}") == [4, 5, 6]


def test_a_cursor_must_be_written_as_a_service_writes_it() -> None:
    good = cursors.unwrap(cursors.encode([1, "id", cursors.digest({}), 3, 3]))
    assert ask(f"/api/items/?cursor={cursors.wrap(good)}").status == 200
    assert ask(f"/api/items/?cursor={cursors.wrap(good.replace(b',', b', '))}").errors == frozenset({"cursor"})
    assert ask(f"/api/items/?cursor={cursors.wrap(good)}%3D").errors == frozenset({"cursor"})


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ('"1001"', 304),
        ('W/"1001"', 304),
        ('"a,b", "1001"', 304),
        ("*", 304),
        ('"1"', 200),
        ("1001", 200),
        ('"1001", x', 200),
        ('w/"1001"', 200),
        ('*, "1001"', 200),
        ('"1001" "1001"', 200),
        ("", 200),
    ],
)
def test_conditions(condition: str, status: int) -> None:
    reply = ask("/api/items/1/", condition)
    assert reply.status == status
    assert (reply.etag, reply.cache_control is not None) == ('"1001"', True)


def test_the_order_of_judgement() -> None:
    assert ask("/api/items/01/?x", method="POST").status == 404
    assert ask("/api/items/9999999999999999999/?x", method="POST").status == 405
    assert ask("/api/items/9999999999999999999/?x").status == 404
    assert ask("/api/items/17/?x").status == 400
    assert ask("/api/items/17/", "*").status == 404


def test_links_are_encoded_with_capital_hex_and_percent_20() -> None:
    assert query.encode([("q", "a b/é~")]) == "q=a%20b%2F%C3%A9~"
