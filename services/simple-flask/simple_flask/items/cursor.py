"""The cursor of keyset pagination: where the next page starts, understood by all three services."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from simple_flask.items.filters import FILTERS
from simple_flask.items.representation import encode, time_text

LARGEST_ID = 2**63 - 1

_FORM = re.compile(r"[A-Za-z0-9_-]{1,1024}")
_PRICE = re.compile(r"(0|[1-9][0-9]{0,7})\.[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


class InvalidCursor(Exception):
    """A cursor that we did not write, or wrote for another sort or other filters."""


def digest(sent: dict[str, str]) -> str:
    """Return the digest of the filters among the parameters: a cursor holds only for the filters it was made with."""
    filters = "\n".join(f"{name}={sent[name]}" for name in sorted(FILTERS) if name in sent)
    return hashlib.sha256(filters.encode()).hexdigest()[:16]


def write(sort: str, filters: str, value: Any, item_id: int) -> str:
    """Return the cursor after the row with this `value` (in its JSON form) of the sort's column, and this id."""
    return base64.urlsafe_b64encode(encode([1, sort, filters, value, item_id])).rstrip(b"=").decode()


def read(cursor: str, sort: str, filters: str) -> tuple[Any, int]:
    """Return the value (as the column has it) and id that a cursor names; raise InvalidCursor unless it is ours.

    A cursor is good only when writing its parts again, with this sort and these filters, gives the same text.
    """
    try:
        value, item_id = _last_parts(cursor)
        column_value = _column_value(sort.removeprefix("-"), value, item_id)
        if write(sort, filters, value, item_id) == cursor:
            return column_value, item_id
    except (ValueError, RecursionError):
        pass  # not base64, not JSON, nested too deeply, or parts that no column has
    raise InvalidCursor


def _last_parts(cursor: str) -> tuple[Any, int]:
    if not _FORM.fullmatch(cursor):
        raise ValueError("not base64url")
    parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    if not isinstance(parts, list) or len(parts) != 5:
        raise ValueError("not five parts")
    item_id = parts[4]
    if type(item_id) is not int or not 1 <= item_id <= LARGEST_ID:
        raise ValueError("not an id")
    return parts[3], item_id


def _column_value(column: str, value: Any, item_id: int) -> Any:
    if column == "id":
        if type(value) is int and value == item_id:
            return value
    elif isinstance(value, str):
        if column == "name" and 1 <= len(value) <= 100 and "\0" not in value:
            return value
        if column == "price" and _PRICE.fullmatch(value):
            return Decimal(value)
        if column == "updated_at" and _TIME.fullmatch(value):
            time = datetime.fromisoformat(value).astimezone(UTC)
            if time_text(time) == value:
                return time
    raise ValueError("not a value of this sort")
