"""Many upserts in one statement, of which a bad row does not spoil the others."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import DataError, IntegrityError, connection, transaction

from catalog.item_fields import COLUMNS, WRITABLE
from catalog.writes.errors import UNKNOWN_CATEGORY, Errors, error_of

Status = Literal["created", "updated", "unchanged", "rejected"]

# In the order of the skus: two requests with the same skus wait for each other instead of for ever. `old` is the row
# before, as Postgres has it since 18; a row that does not differ is not written, and not returned. The rows travel as
# one JSON text, which costs Python less than five arrays.
_REPLACED = [str(field.column) for field in WRITABLE if field.name != "sku"]
_NEW = ", ".join(f"excluded.{column}" for column in _REPLACED)
_UPSERT = f"""
    INSERT INTO items ({COLUMNS})
    SELECT {COLUMNS} FROM json_populate_recordset(NULL::items, %s::json)
    ORDER BY sku
    ON CONFLICT (sku) DO UPDATE SET ({", ".join(_REPLACED)}) = ROW ({_NEW})
    WHERE ({", ".join(f"items.{column}" for column in _REPLACED)}) IS DISTINCT FROM ({_NEW})
    RETURNING sku, CASE WHEN old.id IS NULL THEN 'created' ELSE 'updated' END, id, version
"""
_UNCHANGED = "SELECT sku, 'unchanged', id, version FROM items WHERE sku = ANY(%s)"
# FOR KEY SHARE: a category that is there stays until the end of the transaction.
_CATEGORIES = "SELECT slug FROM categories WHERE slug = ANY(%s) ORDER BY slug FOR KEY SHARE"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: the item's id and version, or the errors by field."""

    status: Status
    id: int | None = None
    version: int | None = None
    errors: Errors = field(default_factory=dict)


Row = Mapping[str, Any]
"""A whole item by its fields, to be found by its sku; `category` is a slug."""


def upsert(rows: Sequence[Row]) -> list[Outcome]:
    """Write the rows, whose skus differ, in the transaction that is open; return one outcome per row, in order."""
    known = _existing({row["category"] for row in rows if row["category"] is not None})
    writable = [row for row in rows if row["category"] is None or row["category"] in known]
    outcomes = _write(writable)
    unknown = Outcome("rejected", errors=UNKNOWN_CATEGORY)
    return [outcomes.get(row["sku"], unknown) for row in rows]


def _existing(slugs: set[str]) -> set[str]:
    if not slugs:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_CATEGORIES, [list(slugs)])
        return {slug for (slug,) in cursor}


def _write(rows: Sequence[Row]) -> dict[str, Outcome]:
    """Return the outcomes by sku; where the database refuses the rows together, each half is tried for itself."""
    try:
        with transaction.atomic():
            return _write_together(rows)
    except (DataError, IntegrityError) as error:
        if len(rows) == 1:
            return {rows[0]["sku"]: Outcome("rejected", errors=error_of(error).errors)}
    middle = len(rows) // 2
    return _write(rows[:middle]) | _write(rows[middle:])


def _write_together(rows: Sequence[Row]) -> dict[str, Outcome]:
    if not rows:
        return {}
    sent = json.dumps(rows, default=str, ensure_ascii=False)  # a price is a string
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [sent])
        written = {sku: Outcome(status, id, version) for sku, status, id, version in cursor}
        others = [row["sku"] for row in rows if row["sku"] not in written]
        if others:
            cursor.execute(_UNCHANGED, [others])
            written |= {sku: Outcome(status, id, version) for sku, status, id, version in cursor}
    return written
