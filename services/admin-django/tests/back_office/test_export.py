"""Items into files."""

import csv
import json
import re
from io import StringIO

import pytest
from catalog.item_fields import NAMES
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.back_office.files import CSV, JSON, confirm, export, upload
from tests.back_office.person import ITEMS, Person, fresh
from tests.make import make_category, make_item, unique

# what a preview reads is one transaction of its own
pytestmark = pytest.mark.usefixtures("committed")


@pytest.mark.parametrize("file_format", ["csv", "json"])
def test_what_is_exported_can_be_imported_and_changes_nothing(boss: Person, file_format: str) -> None:
    category = make_category()
    description = 'Tricky: "quotes", commas,\nlines, ünïcode, =1+1'
    items = [make_item(category=category, sku=unique("S"), description=description, price="0.10") for _ in range(3)]
    content = export(boss, file_format, category__slug__exact=category.slug)
    rows = json.loads(content) if file_format == "json" else list(csv.DictReader(StringIO(content)))
    assert [(row["sku"], row["price"], row["description"]) for row in rows] == [
        (item.sku, "0.10", description) for item in items
    ]
    confirm(boss.client, upload(boss.client, content, JSON if file_format == "json" else CSV))
    assert [fresh(item).version for item in items] == [item.version for item in items]


def test_nothing_to_export_is_a_file_without_items(boss: Person) -> None:
    nothing = {"q": unique("nothing")}
    assert export(boss, "csv", **nothing).strip() == ",".join(NAMES)
    assert json.loads(export(boss, "json", **nothing)) == []


def test_an_export_reads_batch_by_batch(boss: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.admin.exporting.BATCH", 2)
    category = make_category()
    for _ in range(5):
        make_item(category=category)
    with CaptureQueriesContext(connection) as queries:
        content = export(boss, "csv", category__slug__exact=category.slug)
    assert len(list(csv.reader(StringIO(content)))) == 6
    assert any("idle_in_transaction_session_timeout" in query["sql"] for query in queries)


@pytest.mark.parametrize("query", ["format=xml", "format=csv&price=x", "format=csv&nothing=1", "q=%00"])
def test_any_query_of_an_export_is_answered(boss: Person, query: str) -> None:
    assert boss.client.get(f"{ITEMS}export/?{query}").status_code in (200, 302, 400)


def test_the_list_leads_to_an_export_of_what_it_shows(boss: Person) -> None:
    page = boss.client.get(ITEMS, {"q": "lamp"}).content.decode()
    assert re.search(r"/export/\?q=lamp&amp;format=csv", page)
