"""A cursor is good only as we wrote it, for the sort and the filters it was made for."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simple_flask.items import cursor

NO_FILTERS = cursor.digest({})


def encoded(parts: Any, separator: str = ",", ensure_ascii: bool = False) -> str:
    text = json.dumps(parts, separators=(separator, ":"), ensure_ascii=ensure_ascii)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def good(sort: str, value: Any, item_id: Any = 5) -> list[Any]:
    return [1, sort, NO_FILTERS, value, item_id]


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("id", 5),
        ("-id", 5),
        ("name", "😀" * 100),
        ("-name", '\x01\u2028\x7f"'),
        ("price", "0.00"),
        ("-price", "99999999.99"),
        ("updated_at", "0001-01-01T00:00:00.000000Z"),
        ("-updated_at", "2026-02-28T23:59:59.999999Z"),
    ],
)
def test_what_was_written_is_read(sort: str, value: Any) -> None:
    written = cursor.write(sort, NO_FILTERS, value, 5)
    assert written == encoded(good(sort, value))
    assert cursor.read(written, sort, NO_FILTERS)[1] == 5


def test_the_digest_is_that_of_the_contract() -> None:
    assert NO_FILTERS == "e3b0c44298fc1c14"
    sent = {"sort": "id", "q": " é", "min_price": "1", "limit": "3", "category": "books", "cursor": "x"}
    assert cursor.digest(sent) == "ca5b3c95943bbc85"


@pytest.mark.parametrize(
    ("sort", "parts"),
    [
        ("id", [1, "-id", NO_FILTERS, 5, 5]),
        ("id", [1, "id", "0000000000000000", 5, 5]),
        ("id", [2, "id", NO_FILTERS, 5, 5]),
        ("id", [True, "id", NO_FILTERS, 5, 5]),
        ("id", [1.0, "id", NO_FILTERS, 5, 5]),
        ("id", [1, "id", NO_FILTERS, 5]),
        ("id", [1, "id", NO_FILTERS, 5, 5, 5]),
        ("id", {"1": 2}),
        ("id", 1),
        ("id", good("id", 4)),
        ("id", good("id", True, True)),
        ("id", good("id", 5.0, 5.0)),
        ("id", good("id", "5")),
        ("id", good("id", 0, 0)),
        ("id", good("id", 2**63, 2**63)),
        ("id", good("id", float("nan"), float("nan"))),
        ("name", good("name", "")),
        ("name", good("name", "a" * 101)),
        ("name", good("name", "a\0")),
        ("name", good("name", 5)),
        ("name", good("name", None)),
        ("name", good("name", "a", True)),
        ("name", good("name", "a", 5.0)),
        ("name", good("name", "a", 2**63)),
        ("price", good("price", "1.0")),
        ("price", good("price", "01.00")),
        ("price", good("price", "100000000.00")),
        ("price", good("price", "٥.00")),
        ("price", good("price", 1.0)),
        ("updated_at", good("updated_at", "2026-02-29T00:00:00.000000Z")),
        ("updated_at", good("updated_at", "2026-01-01T24:00:00.000000Z")),
        ("updated_at", good("updated_at", "2026-01-01T00:00:60.000000Z")),
        ("updated_at", good("updated_at", "0000-01-01T00:00:00.000000Z")),
        ("updated_at", good("updated_at", "2026-01-01 00:00:00.000000Z")),
        ("updated_at", good("updated_at", "2026-01-01T00:00:00Z")),
    ],
)
def test_wrong_parts_are_refused(sort: str, parts: Any) -> None:
    with pytest.raises(cursor.InvalidCursor):
        cursor.read(encoded(parts), sort, NO_FILTERS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "=" * 8,
        "é",
        "A" * 1025,
        "A" * 1021,
        encoded(good("name", "é"), ensure_ascii=True),
        encoded(good("name", "é"), separator=", "),
        encoded(good("name", "é")) + "=",
        encoded(good("name", "é"))[:-1],
        encoded(good("name", "é"))[:-1] + "B",
        base64.urlsafe_b64encode(b'[1,"name","e3b0c44298fc1c14","\\ud800",5]').decode().rstrip("="),
        base64.urlsafe_b64encode(b'[1,"name","e3b0c44298fc1c14","\xff",5]').decode().rstrip("="),
        base64.urlsafe_b64encode('[1,"name","e3b0c44298fc1c14","a",5]'.encode("utf-16")).decode().rstrip("="),
        base64.urlsafe_b64encode(b"[" * 760).decode().rstrip("="),
    ],
)
def test_another_way_of_writing_is_refused(text: str) -> None:
    with pytest.raises(cursor.InvalidCursor):
        cursor.read(text, "name", NO_FILTERS)


@given(st.text(alphabet="ABCDEFabcdef0123456789-_", max_size=60))
def test_garbage_is_refused(text: str) -> None:
    with pytest.raises(cursor.InvalidCursor):
        cursor.read(text, "id", NO_FILTERS)
