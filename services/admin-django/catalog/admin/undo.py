"""Undo an action: every item that has not been changed since becomes what it was before."""

import json
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from catalog.item_fields import COLUMNS, DEFAULTS

# An item is as the action left it when it still has the version that the action gave it.
# What it was before, where it had been changed, over what it is.
_UPDATED = f"""
    UPDATE items SET ({COLUMNS}) = (SELECT {COLUMNS} FROM jsonb_populate_record(items, h.before))
    FROM item_history h
    WHERE h.action = %(action)s AND h.op = 'U' AND items.id = h.item_id AND items.version = h.version
"""
_INSERTED = """
    DELETE FROM items USING item_history h
    WHERE h.action = %(action)s AND h.op = 'I' AND items.id = h.item_id AND items.version = h.version
"""
# A deleted item whose id or sku somebody has used since stays deleted. One that is older than a column has its default.
_DELETED = f"""
    INSERT INTO items (id, {COLUMNS})
    SELECT h.item_id, was.*
    FROM item_history h
    CROSS JOIN LATERAL (
        SELECT {COLUMNS} FROM jsonb_populate_record(NULL::items, %(defaults)s::jsonb || h.before)
    ) AS was
    WHERE h.action = %(action)s AND h.op = 'D'
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Undone:
    """How many items are as they were, and how many were left as somebody has made them since."""

    items: int
    left: int


def undo(action: UUID) -> Undone:
    """Undo an action; the caller holds the transaction, and is the actor."""
    parameters: dict[str, str | UUID] = {"action": action, "defaults": json.dumps(DEFAULTS, default=str)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM item_history WHERE action = %s", [action])
        (all_of_them,) = cursor.fetchone()
        done = 0
        for statement in (_UPDATED, _INSERTED, _DELETED):
            cursor.execute(statement, parameters)
            done += cursor.rowcount
    return Undone(done, all_of_them - done)
