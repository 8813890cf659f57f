"""The errors of writes, in the words of the catalog; the views turn them into problems."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, DataError, IntegrityError

from catalog.item_fields import NAMES
from catalog.models import Item

Errors = dict[str, list[str]]

UNKNOWN_CATEGORY: Errors = {"category": ["There is no such category."]}
SKU_TAKEN: Errors = {"sku": ["Another item has it."]}

_FOREIGN_KEY, _UNIQUE = "23503", "23505"


class InvalidWrite(Exception):
    """The write is not valid; `errors` says by field what is wrong."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(f"Not valid: {', '.join(errors)}.")
        self.errors = errors


class Conflict(InvalidWrite):
    """The write is valid and yet conflicts with another item."""


class PreconditionFailed(Exception):
    """The item is not, or no longer, as the writer's condition demands; `item` is what it is now."""

    def __init__(self, item: Item) -> None:
        super().__init__(f"The item's version is {item.version}.")
        self.item = item


def error_of(error: DatabaseError) -> InvalidWrite:
    """Return what an error of the database means for the writer.

    Rows are checked before they are written, so this is about what somebody else did in between, or a rule that only
    the database knows.
    """
    diagnosis = getattr(error.__cause__, "diag", None)
    code = getattr(diagnosis, "sqlstate", None)
    if code == _FOREIGN_KEY:
        return InvalidWrite(UNKNOWN_CATEGORY)
    if code == _UNIQUE:
        return Conflict(SKU_TAKEN)
    named = f"{getattr(diagnosis, 'column_name', '')} {getattr(diagnosis, 'constraint_name', '')}"
    field = next((field for field in NAMES if field in named), "body")
    return InvalidWrite({field: ["The database refuses it."]})


@contextmanager
def translating_database_errors() -> Iterator[None]:
    """Raise what the database refuses as InvalidWrite or Conflict."""
    try:
        yield
    except (DataError, IntegrityError) as error:
        raise error_of(error) from error
