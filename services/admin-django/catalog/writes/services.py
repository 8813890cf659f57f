"""Writes of items. Each is a transaction, and says who acts."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from catalog.audit_actor import acting
from catalog.item_fields import attributes
from catalog.models import Item
from catalog.reads.conditional import matches
from catalog.writes.errors import PreconditionFailed, translating_database_errors
from catalog.writes.upserting import Outcome, Row, upsert


def item_create(*, actor: str, **values: Any) -> Item:
    """Return a new item of these values by field, the category's its slug; what is left out has its default.

    Raises InvalidWrite for what the database does not take, Conflict for a sku that is in use.
    """
    with _writing(actor):
        return Item.objects.create(**attributes(values))


def item_update(*, actor: str, id: int, if_match: str | None = None, **changes: Any) -> Item:
    """Return the item with the changes made; without a difference it keeps its version.

    Raises Item.DoesNotExist, PreconditionFailed when `if_match`, an If-Match header, does not have the item's tag,
    InvalidWrite and Conflict as `item_create`.
    """
    with _writing(actor):
        item = _locked(id, if_match)
        different = {name: value for name, value in attributes(changes).items() if getattr(item, name) != value}
        if not different:
            return item
        Item.objects.filter(id=id).update(**different)
        return Item.objects.defer("search").get(id=id)


def item_delete(*, actor: str, id: int, if_match: str | None = None) -> None:
    """Delete the item. Raises Item.DoesNotExist, and PreconditionFailed as `item_update`."""
    with _writing(actor):
        _locked(id, if_match)
        Item.objects.filter(id=id).delete()


def items_upsert(*, actor: str, rows: Sequence[Row], action: UUID | None = None) -> list[Outcome]:
    """Create or replace items by their skus, which must differ; return one outcome per row, in order.

    A row that the database refuses is rejected alone. The history joins all changes under `action`.
    """
    with _writing(actor, action or uuid4()):
        return upsert(rows)


@contextmanager
def _writing(actor: str, action: UUID | None = None) -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(translating_database_errors())
        stack.enter_context(acting(actor, action))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # an unknown category is refused here, not at the commit
        yield


def _locked(id: int, if_match: str | None) -> Item:
    """Return the item, which nobody else can change until the transaction ends."""
    item = Item.objects.select_for_update().defer("search").get(id=id)
    if if_match is not None and not matches(if_match, f'"{item.version}"'):
        raise PreconditionFailed(item)
    return item
