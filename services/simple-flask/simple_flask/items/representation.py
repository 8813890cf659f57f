"""An item as the API shows it."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from simple_flask.database import Item

COLUMNS = (
    Item.id,
    Item.name,
    Item.description,
    Item.price,
    Item.sku,
    Item.category,
    Item.version,
    Item.created_at,
    Item.updated_at,
)
"""What an item's representation consists of, in its order."""

_NAMES = tuple(column.key for column in COLUMNS)
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # once: `json.dumps` would make one for every call


def time_text(time: datetime) -> str:
    """Return a time as RFC 3339 in UTC, with microseconds; the connection's time zone is UTC already."""
    return time.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def members(item: Row[Any]) -> dict[str, Any]:
    """Return the members of an item's JSON object, in their order."""
    shown = dict(zip(_NAMES, item, strict=True))
    shown["price"] = str(item.price)
    shown["created_at"] = time_text(item.created_at)
    shown["updated_at"] = time_text(item.updated_at)
    return shown


def encode(value: Any) -> bytes:
    """Return a value as compact JSON in UTF-8, non-ASCII unescaped."""
    return _JSON.encode(value).encode()
