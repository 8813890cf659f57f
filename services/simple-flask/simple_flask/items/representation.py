"""An item as the API shows it."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Numeric, Row, inspect
from sqlalchemy.orm import InstrumentedAttribute

from simple_flask.database import Item

COLUMNS: tuple[InstrumentedAttribute[Any], ...] = tuple(
    getattr(Item, each.key) for each in inspect(Item).column_attrs if not each.deferred
)
"""What an item's representation consists of, in its order: the columns of the mirror, but for what is only searched."""

_NAMES = tuple(column.key for column in COLUMNS)
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # once: `json.dumps` would make one for every call


def time_text(time: datetime) -> str:
    """Return a time as RFC 3339 in UTC, with microseconds; the connection's time zone is UTC already."""
    return time.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


# JSON has neither decimal numbers nor times: a number there is a float to most readers.
_TEXTS: dict[str, Callable[[Any], str]] = {
    column.key: str if isinstance(column.type, Numeric) else time_text
    for column in COLUMNS
    if isinstance(column.type, Numeric | DateTime)
}


def members(item: Row[Any]) -> dict[str, Any]:
    """Return the members of an item's JSON object, in their order."""
    shown = dict(zip(_NAMES, item, strict=True))
    for name, text in _TEXTS.items():
        if shown[name] is not None:
            shown[name] = text(shown[name])
    return shown


def encode(value: Any) -> bytes:
    """Return a value as compact JSON in UTF-8, non-ASCII unescaped."""
    return _JSON.encode(value).encode()
