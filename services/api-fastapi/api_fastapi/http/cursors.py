"""The cursor: where the next page starts, in a form that every framework of the system reads and writes alike."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, urlencode

_MAXIMUM_LENGTH = 1024
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_PRICE = re.compile(r"(0|[1-9][0-9]{0,7})\.[0-9]{2}")
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


class InvalidCursorError(ValueError):
    """The cursor is not one that a service would have written for this request."""


class Position(NamedTuple):
    """The last row of the page before: its value in the column of the sort, as the database takes it, and its id."""

    value: int | str | Decimal | datetime
    id: int


def digest(filters: Mapping[str, str]) -> str:
    """Return what ties a cursor to the filters it was made for; `filters` holds the values as they were sent."""
    lines = "\n".join(f"{name}={filters[name]}" for name in sorted(filters))
    return sha256(lines.encode()).hexdigest()[:16]


def encode(sort: str, filters: str, value: int | str, item_id: int) -> str:
    """Return the cursor after the row `item_id`, whose column of the sort is `value` in its JSON form.

    `filters` is the digest of the filters.
    """
    array = json.dumps([1, sort, filters, value, item_id], ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(array.encode()).rstrip(b"=").decode()


def next_link(sent: Mapping[str, str], cursor: str) -> str:
    """Return the `Link` to the page at `cursor` of the request with the parameters `sent`."""
    pairs = [(name, value) for name, value in sorted(sent.items()) if name != "cursor"]
    return f'<?{urlencode([*pairs, ("cursor", cursor)], quote_via=quote)}>; rel="next"'


def decode(cursor: str, sort: str, filters: str) -> Position:
    """Return the position that `cursor` holds; raise InvalidCursorError unless it belongs to this sort and filters.

    A cursor that is not what `encode` makes of its own content is refused, so that each position has one form only.
    """
    if len(cursor) > _MAXIMUM_LENGTH or not _BASE64URL.fullmatch(cursor):
        raise InvalidCursorError
    try:
        array = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
        _, _, _, value, item_id = array
        if type(item_id) is not int or not 1 <= item_id <= 2**63 - 1:
            raise InvalidCursorError
        if encode(sort, filters, value, item_id) != cursor:
            raise InvalidCursorError
        return Position(_database_value(sort.removeprefix("-"), value, item_id), item_id)
    except (ValueError, TypeError, RecursionError):
        raise InvalidCursorError from None


def _database_value(column: str, value: object, item_id: int) -> int | str | Decimal | datetime:
    """Turn the JSON form of a column's value into what the database compares."""
    if column == "id" and type(value) is int and value == item_id:
        return item_id
    if column == "name" and isinstance(value, str) and 1 <= len(value) <= 100 and "\0" not in value:
        return value
    if column == "price" and isinstance(value, str) and _PRICE.fullmatch(value):
        return Decimal(value)
    if column == "updated_at" and isinstance(value, str) and _TIMESTAMP.fullmatch(value):
        # Python 3.14 takes 24:00 and makes it the next day: what comes out must be what went in.
        moment = datetime.fromisoformat(value)
        if moment.isoformat(timespec="microseconds") == value[:-1] + "+00:00":
            return moment
    raise InvalidCursorError
