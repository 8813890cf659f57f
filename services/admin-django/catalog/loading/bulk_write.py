"""Write the items of one file, batch by batch; the caller holds the transaction."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db import DataError, IntegrityError, transaction

from catalog.item_fields import attributes
from catalog.loading.records import Record
from catalog.models import Item

BATCH = 1000


@dataclass(frozen=True)
class Candidate:
    """An item that is valid by itself, the record that it comes from, and which of its fields that record has."""

    record: Record
    item: Item
    fields: frozenset[str]


@dataclass
class Outcome:
    """What became of the rows of a file."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[Record, str]] = field(default_factory=list)

    @property
    def loaded(self) -> int:
        """How many rows the catalog now agrees with."""
        return self.new + self.updated + self.unchanged


def write(candidates: Iterable[Candidate], outcome: Outcome, update: bool, dry_run: bool) -> None:
    """Write the candidates and count them in `outcome`. One whose sku is taken updates that item, or is refused.

    With `dry_run` they are counted and not written, and their items not locked.
    """
    known = Item.objects.defer("search") if dry_run else Item.objects.defer("search").select_for_update()
    for batch in _batches(candidates):
        skus = [candidate.item.sku for candidate in batch if candidate.item.sku]
        taken = {item.sku: item for item in known.filter(sku__in=skus)}
        fresh = [candidate for candidate in batch if candidate.item.sku not in taken]
        if dry_run:
            outcome.new += len(fresh)
        else:
            _insert(fresh, outcome)
        for candidate in batch:
            old = taken.get(candidate.item.sku)
            if old and update:
                _update(old, candidate, outcome, dry_run)
            elif old:
                reason = f"sku: {old.sku!r} is in the catalog already; --update would change that item"
                outcome.refused.append((candidate.record, reason))


def _insert(candidates: list[Candidate], outcome: Outcome) -> None:
    """Insert all at once; if the database refuses one, insert them one by one to learn which."""
    try:
        with transaction.atomic():
            Item.objects.bulk_create([candidate.item for candidate in candidates])
        outcome.new += len(candidates)
    except (IntegrityError, DataError) as error:
        if len(candidates) == 1:
            outcome.refused.append((candidates[0].record, f"the database refuses it: {_first_line(error)}"))
            return
        for candidate in candidates:
            _insert([candidate], outcome)


def _update(old: Item, candidate: Candidate, outcome: Outcome, dry_run: bool) -> None:
    changes = {
        attribute: getattr(candidate.item, attribute)
        for attribute in attributes(dict.fromkeys(candidate.fields))
        if getattr(candidate.item, attribute) != getattr(old, attribute)
    }
    if not changes:
        outcome.unchanged += 1
        return
    if dry_run:
        outcome.updated += 1
        return
    try:
        with transaction.atomic():
            Item.objects.filter(id=old.id).update(**changes)
        outcome.updated += 1
    except (IntegrityError, DataError) as error:
        outcome.refused.append((candidate.record, f"the database refuses it: {_first_line(error)}"))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _batches(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    rest = iter(candidates)
    while batch := list(islice(rest, BATCH)):
        yield batch
