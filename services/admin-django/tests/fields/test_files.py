"""Files: imported and exported in the back office, and loaded on the command line."""

import csv
import json
from collections.abc import Callable, Iterable
from io import StringIO

import pytest
from catalog.models import Item

from tests.back_office.files import CSV, confirm, export, upload
from tests.back_office.files import JSON as JSON_FILE
from tests.back_office.person import Person
from tests.fields.values import WRITTEN, Values, assert_has, made, values
from tests.loader import Loader

# what a preview reads is one transaction of its own
pytestmark = pytest.mark.usefixtures("committed")


def as_csv(rows: Iterable[Values]) -> str:
    """Return the rows as CSV, in the order in which the contract has the fields."""
    text = StringIO()
    writer = csv.DictWriter(text, list(WRITTEN))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_json(rows: Iterable[Values]) -> str:
    """Return the rows as a JSON array."""
    return json.dumps(list(rows))


WRITERS = pytest.mark.parametrize(("written", "file_format"), [(as_csv, CSV), (as_json, JSON_FILE)])


@WRITERS
def test_an_import_makes_items_with_every_field(
    boss: Person, written: Callable[[Iterable[Values]], str], file_format: str
) -> None:
    sent = values()
    confirm(boss.client, upload(boss.client, written([sent]), file_format))
    assert_has(Item.objects.get(sku=sent["sku"]).id, sent)


@WRITERS
def test_an_import_changes_every_field_also_alone(
    boss: Person, written: Callable[[Iterable[Values]], str], file_format: str
) -> None:
    items = {name: values() for name in WRITTEN.keys() - {"sku"}}
    ids = {name: made(before).id for name, before in items.items()}
    changed = {name: {**before, name: values()[name]} for name, before in items.items()}
    confirm(boss.client, upload(boss.client, written(changed.values()), file_format))
    for name, sent in changed.items():
        assert_has(ids[name], sent)


def test_an_export_has_every_field(boss: Person) -> None:
    kept = values()
    made(kept)
    (of_json,) = json.loads(export(boss, "json", q=kept["sku"]))
    lost = {name: of_json.get(name) for name in WRITTEN if of_json.get(name) != kept[name]}
    assert not lost, f"not in the JSON as it was written: {lost}"
    (of_csv,) = csv.DictReader(StringIO(export(boss, "csv", q=kept["sku"])))
    lost = {name: of_csv.get(name) for name in WRITTEN if of_csv.get(name) != str(kept[name])}
    assert not lost, f"not in the CSV as it was written: {lost}"


@pytest.mark.parametrize("written", [as_csv, as_json])
def test_a_file_that_is_loaded_makes_and_changes_every_field_also_alone(
    load: Loader, written: Callable[[Iterable[Values]], str]
) -> None:
    sent = values()
    assert load(load.file(written([sent])))[0] == 0
    item = Item.objects.get(sku=sent["sku"])
    assert_has(item.id, sent)
    for name in WRITTEN.keys() - {"sku"}:
        sent |= {name: values()[name]}
        status, output, _ = load("--update", load.file(written([sent])))
        assert (status, "1 updated" in output) == (0, True), (name, output)
        assert_has(item.id, sent)
