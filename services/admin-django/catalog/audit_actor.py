"""The audit actor: the history names the person or program, not only the database role that all of them share."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, transaction

# A change that nobody signed is recorded under the name of the database role that made it.
ROLES = {
    "admin_django": "a command on the server",
    "triptych_owner": "a migration",
    "postgres": "the database’s administrator",
}


@contextmanager
def acting(actor: str, action: UUID | None = None) -> Iterator[None]:
    """Be a transaction whose changes are recorded under `actor`; `action` joins those that are undone together."""
    with transaction.atomic():
        before = _set(actor, str(action) if action else "")
        yield
        _set(*before)  # an enclosing transaction goes on as who it was; after an error the rollback does that


def author(actor: str) -> str:
    """Return what people call who made a change: the user's name, or what a database role stands for."""
    return ROLES.get(actor, actor)


def _set(actor: str, action: str) -> tuple[str, str]:
    """Tell the database for the rest of the transaction; return what it was told before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH told AS MATERIALIZED (SELECT current_setting('triptych.actor', true) AS actor,"
            " current_setting('triptych.action', true) AS action)"
            " SELECT actor, action, set_config('triptych.actor', %s, true), set_config('triptych.action', %s, true)"
            " FROM told",
            [actor, action],
        )
        row = cursor.fetchone()
    return row[0] or "", row[1] or ""
