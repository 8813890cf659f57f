"""What a file would do, looked at before it is done: locks nothing, waits for nobody, and does not lose the file."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from catalog.models import Item
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from tests.back_office.files import confirm, upload
from tests.back_office.page import Page
from tests.back_office.person import Person, fresh, said
from tests.back_office.test_held_items import WAITING
from tests.identities import access_token, bearer, make_user
from tests.loader import Loader
from tests.make import make_category, make_item, unique

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def writes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Let the API write each item just after it has been checked; return what that write was answered, by sku."""
    headers = bearer(access_token(make_user("manager")))
    answered: dict[str, int] = {}
    check = Item.full_clean

    def write(sku: str) -> int:
        row = {"sku": sku, "name": "Lamp", "price": "1.00", "description": "meanwhile"}
        try:
            return Client(headers=headers).post("/api/items/bulk/", {"items": [row]}, "application/json").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as elsewhere:

        def check_and_write(item: Item, *args: Any, **kwargs: Any) -> None:
            check(item, *args, **kwargs)
            if item.sku and item.sku not in answered:
                answered[item.sku] = elsewhere.submit(write, item.sku).result(timeout=30)

        monkeypatch.setattr(Item, "full_clean", check_and_write)
        yield answered


def test_a_preview_of_an_import_keeps_no_write_of_its_items_waiting(
    boss: Person, writes_meanwhile: dict[str, int]
) -> None:
    items = [make_item(sku=unique("S"), price="1.00") for _ in range(3)]
    new = unique("S")
    rows = "".join(f"{sku},Looked at,2.00\n" for sku in [*(str(item.sku) for item in items), new])
    preview = upload(boss.client, f"sku,name,price\n{rows}")
    assert writes_meanwhile == dict.fromkeys([*(str(item.sku) for item in items), new], 200)
    assert "<del>1.00</del> <ins>2.00</ins>" in preview.content.decode()
    assert {fresh(item).description for item in items} == {"meanwhile"}
    confirm(boss.client, preview)
    now = Item.objects.filter(sku__in=writes_meanwhile)
    assert [(item.price, item.description) for item in now] == [(Decimal("2.00"), "meanwhile")] * 4


def test_a_preview_waits_for_nobody(patient: Person, held: psycopg.Connection) -> None:
    item, sku = make_item(sku=unique("S"), price="1.00"), unique("S")
    held.execute("UPDATE items SET price = 9 WHERE id = %s", [item.id])
    held.execute("INSERT INTO items (name, description, price, sku) VALUES ('n', '', 1, %s)", [sku])
    preview = upload(patient.client, f"sku,name,price\n{item.sku},Lamp,2.00\n{sku},Lamp,2.00\n")
    assert "Confirm import" in preview.content.decode()


def test_an_import_of_items_that_another_holds_says_so_and_can_be_confirmed_again(
    patient: Person, held: psycopg.Connection
) -> None:
    item = make_item(sku=unique("S"), price="1.00")
    preview = upload(patient.client, f"sku,name,price\n{item.sku},Lamp,2.00\n")
    held.execute("SELECT FROM items WHERE id = %s FOR UPDATE", [item.id])
    page = confirm(patient.client, preview)
    assert WAITING in said(page) and fresh(item).price == Decimal("1.00")
    held.rollback()
    again = Page(page, "import_file_name").send(patient.client)
    assert again.status_code == 302 and fresh(item).price == Decimal("2.00")


def test_an_import_that_no_longer_fits_shows_what_is_wrong_now_and_takes_the_mended_file(patient: Person) -> None:
    category, sku = make_category(), unique("S")
    head, slug = "sku,name,price,category\n", category.slug
    preview = upload(patient.client, f"{head}{sku},Lamp,2.00,{slug}\n")
    category.delete()
    page = confirm(patient.client, preview)
    assert slug in page.content.decode() and "confirm_form" not in page.context
    form = Page(page, "import_file")
    assert form.fields["format"] == ["0"] and form.files == {"import_file"}
    mended = SimpleUploadedFile("items.csv", f"{head}{sku},Lamp,2.00,\n".encode())
    shown = patient.client.post(form.address, {**form.fields, "import_file": mended})
    Page(shown, "import_file_name").send(patient.client)
    assert Item.objects.get(sku=sku).category is None


def test_a_file_sent_without_a_format_is_asked_for_again(patient: Person) -> None:
    response = upload(patient.client, "sku,name,price\n", file_format="")
    assert "Choose “items.csv” again" in response.content.decode()


def test_a_dry_run_of_the_command_neither_waits_nor_keeps_anybody_waiting(
    patient: Person, held: psycopg.Connection, load: Loader
) -> None:
    item, sku, category = make_item(sku=unique("S"), price="1.00"), unique("S"), unique("Shelf ")
    held.execute("UPDATE items SET price = 9 WHERE id = %s", [item.id])
    held.execute("INSERT INTO items (name, description, price, sku) VALUES ('n', '', 1, %s)", [sku])
    rows = f"{item.sku},Lamp,2.00,{category}\n{sku},Lamp,2.00,\n,Lamp,3.00,{category}\nx,,1.00,\n"
    path = load.file("sku,name,price,category\n" + rows)
    status, out, _ = load(path, "--dry-run", "--update")
    assert (status, out) == (
        1,
        f"{path}: 3 loaded (2 new, 1 updated, 0 unchanged), 1 refused (dry run, nothing kept)\n",
    )
    held.rollback()
    assert load(path, "--update")[1] == out.replace(" (dry run, nothing kept)", "")
