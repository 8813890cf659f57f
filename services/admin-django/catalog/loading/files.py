"""Load one file: read, clean and write it in one transaction, all good rows of it or nothing.

A dry run reads and checks the same, in a transaction that could not write: it keeps nobody waiting.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from django.db import connection, transaction

from catalog.loading import csv_file, json_file
from catalog.loading.bulk_write import Candidate, Outcome, write
from catalog.loading.categories import Categories
from catalog.loading.cleaning import cleaned, cleaned_category
from catalog.loading.columns import Columns, pick
from catalog.loading.records import FileError, Lines, Record, RowError
from catalog.snapshots import one_snapshot


class Rules(NamedTuple):
    """How files are loaded."""

    columns: Columns
    update: bool
    create_categories: bool
    dry_run: bool


def load(
    path: Path, rules: Rules, rejected: Callable[[Record, str], None], progress: Callable[[int], object]
) -> Outcome:
    """Load a file, tell `rejected` of each row that was refused and why, and return what became of all.

    `progress` is told how many more bytes have been read. After FileError, as after any other exception, nothing of the
    file is loaded.
    """
    outcome = Outcome()
    with one_snapshot() if rules.dry_run else transaction.atomic():
        with connection.cursor() as cursor:  # longer than a web request may take, yet not for ever
            cursor.execute("SELECT set_config('statement_timeout', '60s', true)")
        write(_candidates(path, rules, outcome, progress), outcome, rules.update, rules.dry_run)
        if not outcome.loaded and not outcome.refused:
            raise FileError("has no rows")
        outcome.refused.sort(key=lambda refusal: refusal[0].number)
        for record, reason in outcome.refused:
            rejected(record, reason)
    return outcome


def _candidates(path: Path, rules: Rules, outcome: Outcome, progress: Callable[[int], object]) -> Iterator[Candidate]:
    """Return the rows that are valid, and add the others to `outcome.refused`."""
    categories = Categories(rules.create_categories, rules.dry_run)
    skus: dict[str, str] = {}
    lines = Lines(path)
    read = 0
    for record, found in _records(lines, rules.columns):
        progress(lines.position - read)
        read = lines.position
        try:
            yield _candidate(record, found, categories, skus)
        except RowError as error:
            outcome.refused.append((record, str(error)))


def _records(lines: Lines, columns: Columns) -> Iterator[tuple[Record, dict[str, str]]]:
    """Return the records of a file, each with where its fields are; JSON is told from CSV by the first character."""
    beginning: list[str] = []
    rest = iter(lines)
    for line in rest:
        beginning.append(line)
        if line.strip():
            break
    text = chain(beginning, rest)
    first = "".join(beginning).strip()[:1]
    if first == "{":
        for record in json_file.read_lines(text):
            yield _located(record, columns)
        return
    seen, records = json_file.read_array(text) if first == "[" else csv_file.read(text)
    try:
        found = columns.find(seen) if seen else {}
    except LookupError as error:
        raise FileError(str(error.args[0])) from error
    for record in records:
        yield record, found


def _located(record: Record, columns: Columns) -> tuple[Record, dict[str, str]]:
    """Find the fields of a record that has columns of its own."""
    if record.problem:
        return record, {}
    try:
        return record, columns.find(record.values)
    except LookupError as error:
        return Record(record.number, record.values, str(error.args[0]), record.unit), {}


def _candidate(record: Record, found: dict[str, str], categories: Categories, skus: dict[str, str]) -> Candidate:
    """Return a record's item; `skus` remembers where in the file each sku was first seen. Raises RowError."""
    if record.problem:
        raise RowError(record.problem)
    values = pick(record.values, found)
    item = cleaned(values)
    category = cleaned_category(values.get("category"))
    if item.sku and skus.setdefault(item.sku, record.place) != record.place:
        raise RowError(f"sku: {item.sku!r} is used in {skus[item.sku]} already")
    item.category_id = categories.slug(category)
    return Candidate(record, item, frozenset(values))
