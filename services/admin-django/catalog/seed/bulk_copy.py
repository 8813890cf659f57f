"""Write generated items with COPY, a block per transaction."""

from collections.abc import Iterator
from itertools import islice

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from catalog.models import Item
from catalog.seed import generated

# Held by one command at a time (and by what vacuums the table); who reads and writes categories is not kept waiting.
_LOCK = "LOCK TABLE categories IN SHARE UPDATE EXCLUSIVE MODE"


def write_generated(count: int) -> Iterator[tuple[int, int]]:
    """Make sure that the generated items 1…count are there; yield after each block how many it has and had to add.

    A block is committed before it is yielded, so a run that was stopped is taken up where it ended.
    """
    for first in range(1, count + 1, generated.BLOCK):
        size = min(generated.BLOCK, count - first + 1)
        with transaction.atomic(), connection.cursor() as cursor:
            lock_seeding(cursor)
            span = (generated.sku(first), generated.sku(first + size - 1))
            there = set(Item.objects.filter(sku__range=span).values_list("sku", flat=True))
            added = 0
            if len(there) < size:
                with cursor.copy("COPY items (name, description, price, sku, category) FROM STDIN") as copy:
                    for item in islice(generated.block(first), size):
                        if item.sku not in there:
                            copy.write_row(item)
                            added += 1
        yield size, added


def lock_seeding(cursor: CursorWrapper) -> None:
    """Be alone with what is seeded until the transaction ends: another command may be at the same block.

    A block takes longer than a web request may.
    """
    cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    cursor.execute(_LOCK)


def analyze() -> None:
    """Let the planner know about the items now rather than at the next autovacuum, where this role may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('items', 'MAINTAIN')")
        if cursor.fetchone() == (True,):
            cursor.execute("SELECT set_config('statement_timeout', '0', false)")
            cursor.execute("ANALYZE items")
