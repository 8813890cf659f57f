import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from catalog.reads.cursors import decode, digest, encode

NONE = digest({})


def raw(text: str) -> str:
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def compact(*array: Any) -> str:
    return raw(json.dumps(array, ensure_ascii=False, separators=(",", ":")))


def test_the_digest_is_that_of_the_filters_as_sent_in_alphabetical_order() -> None:
    assert digest({}) == "e3b0c44298fc1c14"
    sent = {"q": " Öl ", "min_price": "01", "sort": "name", "limit": "3", "category": "a"}
    assert digest(sent) == digest({"category": "a", "min_price": "01", "q": " Öl "}) != NONE


@pytest.mark.parametrize(
    ("sort", "value", "key"),
    [
        ("id", 7, 7),
        ("-id", 7, 7),
        ("name", "Ünïcode “x” 日\u2028", "Ünïcode “x” 日\u2028"),
        ("name", "😀" * 100, "😀" * 100),
        ("-price", "0.00", Decimal("0.00")),
        ("price", "99999999.99", Decimal("99999999.99")),
        ("updated_at", "2026-01-31T08:30:00.000001Z", datetime(2026, 1, 31, 8, 30, 0, 1, UTC)),
    ],
)
def test_a_cursor_is_read_as_it_was_written(sort: str, value: Any, key: Any) -> None:
    cursor = encode(sort, NONE, value, 7)
    assert len(cursor) <= 1024
    assert decode(cursor, sort, NONE) == (key, 7)


GOOD = compact(1, "name", NONE, "a", 7)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "garbage",
        "é",
        "A" * 1025,
        "A",
        GOOD + "=",
        GOOD + "\n",
        " " + GOOD,
        GOOD[:-1],
        raw('[1, "name","e3b0c44298fc1c14","a",7]'),
        raw('[1,"name","e3b0c44298fc1c14","\\u0061",7]'),
        raw('[1,"name","e3b0c44298fc1c14","\\ud800",7]'),
        raw('[true,"name","e3b0c44298fc1c14","a",7]'),
        raw('[1.0,"name","e3b0c44298fc1c14","a",7]'),
        raw('[1,"name","e3b0c44298fc1c14","a",7.0]'),
        raw('[1,"name","e3b0c44298fc1c14","a",true]'),
        raw('{"a":1}'),
        raw("[" * 700),
        raw("NaN"),
        compact(2, "name", NONE, "a", 7),
        compact(1, "-name", NONE, "a", 7),
        compact(1, "price", NONE, "1.00", 7),
        compact(1, "name", digest({"q": "x"}), "a", 7),
        compact(1, "name", NONE, "a", 0),
        compact(1, "name", NONE, "a", -1),
        compact(1, "name", NONE, "a", 2**63),
        compact(1, "name", NONE, "", 7),
        compact(1, "name", NONE, "x" * 101, 7),
        compact(1, "name", NONE, "\0", 7),
        compact(1, "name", NONE, 7, 7),
        compact(1, "name", NONE, None, 7),
        compact(1, "name", NONE, "a", 7, 8),
        compact(1, "name", NONE, "a"),
    ],
)
def test_anything_else_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # whatever the reason, it is told as one
        decode(cursor, "name", NONE)


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("id", 8),
        ("id", "7"),
        ("id", True),
        ("price", "1.0"),
        ("price", "01.00"),
        ("price", "-1.00"),
        ("price", "123456789.00"),
        ("price", "1.00\n"),
        ("price", "١.00"),
        ("price", 1),
        ("updated_at", "2026-02-30T00:00:00.000000Z"),
        ("updated_at", "2026-02-03T24:00:00.000000Z"),
        ("updated_at", "0000-01-01T00:00:00.000000Z"),
        ("updated_at", "2026-02-03T00:00:00Z"),
        ("updated_at", "2026-02-03T00:00:00.000000+00:00"),
    ],
)
def test_a_value_that_its_column_cannot_have_is_refused(sort: str, value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        decode(compact(1, sort, NONE, value, 7), sort, NONE)
