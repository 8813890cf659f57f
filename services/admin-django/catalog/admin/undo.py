"""Undo an action: every item that has not been changed since becomes what it was before."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

# An item is as the action left it when it still has the version that the action gave it.
_UPDATED = """
    UPDATE items SET
        name = CASE WHEN h.before ? 'name' THEN h.before ->> 'name' ELSE items.name END,
        description = CASE WHEN h.before ? 'description' THEN h.before ->> 'description' ELSE items.description END,
        price = CASE WHEN h.before ? 'price' THEN (h.before ->> 'price')::numeric ELSE items.price END,
        sku = CASE WHEN h.before ? 'sku' THEN h.before ->> 'sku' ELSE items.sku END,
        category = CASE WHEN h.before ? 'category' THEN h.before ->> 'category' ELSE items.category END
    FROM item_history h
    WHERE h.action = %s AND h.op = 'U' AND items.id = h.item_id AND items.version = h.version
"""
_INSERTED = """
    DELETE FROM items USING item_history h
    WHERE h.action = %s AND h.op = 'I' AND items.id = h.item_id AND items.version = h.version
"""
# A deleted item whose id or sku somebody has used since stays deleted.
_DELETED = """
    INSERT INTO items (id, name, description, price, sku, category)
    SELECT
        h.item_id, h.before ->> 'name', h.before ->> 'description', (h.before ->> 'price')::numeric,
        h.before ->> 'sku', h.before ->> 'category'
    FROM item_history h
    WHERE h.action = %s AND h.op = 'D'
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Undone:
    """How many items are as they were, and how many were left as somebody has made them since."""

    items: int
    left: int


def undo(action: UUID) -> Undone:
    """Undo an action; the caller holds the transaction, and is the actor."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM item_history WHERE action = %s", [action])
        (all_of_them,) = cursor.fetchone()
        done = 0
        for statement in (_UPDATED, _INSERTED, _DELETED):
            cursor.execute(statement, [action])
            done += cursor.rowcount
    return Undone(done, all_of_them - done)
