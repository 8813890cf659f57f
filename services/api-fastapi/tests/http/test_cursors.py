"""The cursor's form, and what is no cursor."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from api_fastapi.http import cursors

NONE = cursors.digest({})


def written(array: object) -> str:
    """Return `array` in the outer form of a cursor, with the digest of no filters at `…`."""
    text = json.dumps(array, ensure_ascii=False, separators=(",", ":")).replace("…", NONE)
    return urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).rstrip(b"=").decode()


def test_the_form_is_the_one_of_the_contract() -> None:
    assert NONE == "e3b0c44298fc1c14"
    assert cursors.encode("id", NONE, 2, 2) == "WzEsImlkIiwiZTNiMGM0NDI5OGZjMWMxNCIsMiwyXQ"
    # printf 'category=tea\nq= Grün' | sha256sum
    assert cursors.digest({"q": " Grün", "category": "tea"}) == "a661e5fc510b577c"


@pytest.mark.parametrize(
    ("sort", "value", "expected"),
    [
        ("id", 7, 7),
        ("-name", "\N{ROCKET}" * 100, "\N{ROCKET}" * 100),
        ("name", 'a"\\\u2028\x7f\x01', 'a"\\\u2028\x7f\x01'),
        ("price", "0.00", Decimal("0.00")),
        ("price", "99999999.99", Decimal("99999999.99")),
        ("-updated_at", "2024-02-29T23:59:59.000001Z", datetime(2024, 2, 29, 23, 59, 59, 1, tzinfo=UTC)),
    ],
)
def test_what_is_written_can_be_read(sort: str, value: int | str, expected: object) -> None:
    assert cursors.decode(cursors.encode(sort, NONE, value, 7), sort, NONE) == (expected, 7)


@pytest.mark.parametrize(
    ("sort", "array"),
    [
        ("id", [1, "-id", "…", 7, 7]),
        ("id", [1, "id", "0123456789abcdef", 7, 7]),
        ("id", [2, "id", "…", 7, 7]),
        ("id", [True, "id", "…", 7, 7]),
        ("id", [1.0, "id", "…", 7, 7]),
        ("id", [1, "id", "…", 7, 8]),
        ("id", [1, "id", "…", 7.0, 7]),
        ("id", [1, "id", "…", "7", 7]),
        ("id", [1, "id", "…", True, True]),
        ("id", [1, "id", "…", True, 1]),
        ("id", [1, "id", "…", 0, 0]),
        ("id", [1, "id", "…", 2**63, 2**63]),
        ("id", [1, "id", "…", None, None]),
        ("id", [1, "id", "…", float("nan"), 7]),
        ("id", [1, "id", "…", 7]),
        ("id", [1, "id", "…", 7, 7, 7]),
        ("id", {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}),
        ("id", 7),
        ("name", [1, "name", "…", "", 7]),
        ("name", [1, "name", "…", "a" * 101, 7]),
        ("name", [1, "name", "…", "a\0", 7]),
        ("name", [1, "name", "…", "\ud800", 7]),
        ("name", [1, "name", "…", 7, 7]),
        ("name", [1, "name", "…", ["a"], 7]),
        ("price", [1, "price", "…", "1.0", 7]),
        ("price", [1, "price", "…", "01.00", 7]),
        ("price", [1, "price", "…", "100000000.00", 7]),
        ("price", [1, "price", "…", "-1.00", 7]),
        ("price", [1, "price", "…", "NaN", 7]),
        ("price", [1, "price", "…", "٥.00", 7]),
        ("price", [1, "price", "…", 1.25, 7]),
        ("updated_at", [1, "updated_at", "…", "2023-02-29T00:00:00.000000Z", 7]),
        ("updated_at", [1, "updated_at", "…", "2024-01-01T24:00:00.000000Z", 7]),
        ("updated_at", [1, "updated_at", "…", "2024-01-01T23:59:60.000000Z", 7]),
        ("updated_at", [1, "updated_at", "…", "0000-01-01T00:00:00.000000Z", 7]),
        ("updated_at", [1, "updated_at", "…", "2024-01-01T00:00:00Z", 7]),
        ("updated_at", [1, "updated_at", "…", "2024-01-01T00:00:00.000000+00:00", 7]),
        ("updated_at", [1, "updated_at", "…", "infinity", 7]),
    ],
)
def test_any_wrong_part_is_refused(sort: str, array: object) -> None:
    with pytest.raises(cursors.InvalidCursorError):
        cursors.decode(written(array), sort, NONE)


@pytest.mark.parametrize(
    "text",
    [
        f'[1, "id","{NONE}",7,7]',
        f'[1,"id","{NONE}",7,7]\n',
        f'[1,"id","{NONE}",07,7]',
        f'[1,"\\u0069d","{NONE}",7,7]',
        f'\ufeff[1,"id","{NONE}",7,7]',
        f'[1,"id","{NONE}",{"9" * 600},7]',
        "[" * 768,
        "",
    ],
)
def test_only_the_canonical_form_is_taken(text: str) -> None:
    with pytest.raises(cursors.InvalidCursorError):
        cursors.decode(urlsafe_b64encode(text.encode()).rstrip(b"=").decode(), "id", NONE)


@pytest.mark.parametrize("change", ["{}=", "{}==", "{}A", " {}", "{}\n", "{}\N{ROCKET}"])
def test_nothing_may_be_added(change: str) -> None:
    with pytest.raises(cursors.InvalidCursorError):
        cursors.decode(change.format(cursors.encode("id", NONE, 7, 7)), "id", NONE)


def test_unused_bits_of_the_last_character_must_be_zero() -> None:
    cursor = cursors.encode("id", NONE, 7, 7)
    assert cursor.endswith("Q")
    with pytest.raises(cursors.InvalidCursorError):
        cursors.decode(cursor[:-1] + "R", "id", NONE)
