"""Cursors: where a page starts, in a text that every framework writes alike."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime

from tests.contract.oracle.rows import ItemRow, compact

FILTERS = ("category", "max_price", "min_price", "q")
LONGEST = 1024


def digest(parameters: Mapping[str, str]) -> str:
    """Return the mark of the filters among the parameters, 16 hex digits."""
    lines = [f"{name}={parameters[name]}" for name in FILTERS if name in parameters]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def encode(document: object) -> str:
    """Return the document as a cursor's text, whether or not it is a cursor's document."""
    return wrap(compact(document).encode())


def wrap(text: bytes) -> str:
    """Return the bytes in base64url without padding."""
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def unwrap(cursor: str) -> bytes:
    """Return the bytes of the cursor; raises ValueError where it is not base64url."""
    return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)


def after(row: ItemRow, sort: str, parameters: Mapping[str, str]) -> str:
    """Return the cursor of the page that starts after the row."""
    return encode([1, sort, digest(parameters), row.document()[sort.lstrip("-")], row.id])


def decode(text: str, sort: str, parameters: Mapping[str, str]) -> tuple[str | int, int] | None:
    """Return value and id of the last row before the page; None where the cursor is not one for this request."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text) or len(text) > LONGEST:
        return None
    try:
        document = json.loads(unwrap(text))
        if not isinstance(document, list) or len(document) != 5 or encode(document) != text:
            return None
    except (ValueError, RecursionError):
        return None
    form, cursor_sort, filters, value, id = document
    if type(form) is not int or form != 1 or cursor_sort != sort or filters != digest(parameters):
        return None
    if type(id) is not int or not 1 <= id < 2**63:
        return None
    return (value, id) if _fits(sort.lstrip("-"), value, id) else None


def _fits(column: str, value: object, id: int) -> bool:
    if column == "id":
        return type(value) is int and value == id
    if not isinstance(value, str):
        return False
    if column == "name":
        return 1 <= len(value) <= 100 and "\0" not in value
    if column == "price":
        return re.fullmatch(r"(0|[1-9][0-9]{0,7})\.[0-9]{2}", value) is not None
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", value):
        return False
    try:
        datetime.fromisoformat(value.removesuffix("Z"))
    except ValueError:
        return False
    return True
