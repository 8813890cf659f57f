"""The cursor: where a page starts, in the form that every framework reads and writes alike.

It is base64url without padding of the compact JSON array `[1, sort, digest, value, id]`; `value` and `id` are those of
the last row of the page before, the value in its JSON form.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

FORM = r"^[A-Za-z0-9_-]+$"
LONGEST = 1024
LARGEST_ID = 2**63 - 1
_FILTERS = ("category", "max_price", "min_price", "q")
_PRICE = re.compile(r"(0|[1-9][0-9]{0,7})\.[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")

Key = int | str | Decimal | datetime


def digest(parameters: Mapping[str, str]) -> str:
    """Return the digest of the filters among a request's parameters, as they were sent."""
    lines = [f"{name}={parameters[name]}" for name in _FILTERS if name in parameters]
    return sha256("\n".join(lines).encode()).hexdigest()[:16]


def encode(sort: str, filters: str, value: int | str, id: int) -> str:
    """Return the cursor of the page after the row with this value and id; `filters` is their digest."""
    array = json.dumps([1, sort, filters, value, id], ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(array.encode()).rstrip(b"=").decode()


def decode(cursor: str, sort: str, filters: str) -> tuple[Key, int]:
    """Return the value, as the column has it, and the id of the row after which the page starts.

    Raises ValueError for a cursor that `encode` would not have written for this sort and these filters.
    """
    if len(cursor) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    try:
        array = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    match array:
        case [1, str() as its_sort, str() as its_filters, (int() | str()) as value, int() as id]:
            # Base64 and JSON have many spellings of one value; a cursor has one. This also tells 1 from true.
            canonical = encode(its_sort, its_filters, value, id) == cursor and type(array[0]) is type(id) is int
        case _:
            canonical = False
    if not canonical or (its_sort, its_filters) != (sort, filters) or not 1 <= id <= LARGEST_ID:
        raise ValueError("not a cursor of this sort and these filters")
    return _key(sort.lstrip("-"), value, id), id


def _key(column: str, value: object, id: int) -> Key:
    match column, value:
        case "id", int() if value == id and type(value) is int:
            return value
        case "name", str() if 1 <= len(value) <= 100 and "\0" not in value:
            return value
        case "price", str() if _PRICE.fullmatch(value):
            return Decimal(value)
        case "updated_at", str() if _TIME.fullmatch(value):
            # not fromisoformat, which takes 24:00 since Python 3.14
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    raise ValueError(f"not a value of {column}")
