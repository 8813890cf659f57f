"""Items that another transaction is changing: who waits for them too long is told so, and loses nothing."""

from decimal import Decimal

import psycopg
import pytest
from django.db import connection
from django.test import Client

from tests.back_office.person import Person, fresh
from tests.back_office.test_typed_again import AWKWARD, Shelf, comes_back, form_of, stored, typed
from tests.identities import access_token, bearer, make_user
from tests.make import assert_problem, make_item, unique

pytestmark = pytest.mark.usefixtures("committed")
WAITING = "Another transaction is changing these items"


def test_a_form_whose_item_another_holds_says_so_and_comes_back(patient: Person, held: psycopg.Connection) -> None:
    item = make_item(price="1.00")
    page, wanted = form_of(patient, item), typed()
    held.execute("SELECT FROM items WHERE id = %s FOR UPDATE", [item.id])
    response = page.send(patient.client, wanted)
    assert WAITING in response.content.decode()
    again = comes_back(response, wanted)
    held.rollback()
    assert again.send(patient.client).status_code == 302
    assert stored(item) == {**wanted, "description": AWKWARD.strip()}


def test_a_list_of_which_another_holds_a_row_says_so_and_comes_back(patient: Person, held: psycopg.Connection) -> None:
    shelf = Shelf(patient)
    page, wanted = shelf.page(), shelf.typed()
    held.execute("SELECT FROM items WHERE id = %s FOR UPDATE", [shelf.shown[3].id])
    response = shelf.save(page, wanted)
    assert response.content.decode().count(WAITING) == 1
    again = comes_back(response, wanted, "form-0-price")
    held.rollback()
    assert shelf.save(again).status_code == 302
    shelf.expect_saved()


def test_an_action_on_items_that_another_holds_says_so_and_comes_back(
    patient: Person, held: psycopg.Connection
) -> None:
    item = make_item(price="10.00")
    held.execute("SELECT FROM items WHERE id = %s FOR UPDATE", [item.id])
    response = patient.act("discount", [item], percentage="50")
    assert WAITING in response.content.decode()
    again = comes_back(response, {"percentage": "50", "_selected_action": [str(item.id)]}, "percentage")
    held.rollback()
    assert again.send(patient.client, button={"step": "apply"}).status_code == 302
    assert fresh(item).price == Decimal("5.00")


# ── The API ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_write_that_waits_for_an_item_too_long_is_told_so(patient: Person, held: psycopg.Connection) -> None:
    item = make_item(sku=unique("S"))
    held.execute("SELECT FROM items WHERE id = %s FOR UPDATE", [item.id])
    client = Client(headers=bearer(access_token(make_user("manager"))))
    row = {"sku": item.sku, "name": "Lamp", "price": "2.00"}
    for response in (
        client.patch(f"/api/items/{item.id}/", {"price": "2.00"}, "application/json"),
        client.put(f"/api/items/{item.id}/", {"name": "Lamp", "price": "2.00"}, "application/json"),
        client.delete(f"/api/items/{item.id}/"),
        client.post("/api/items/bulk/", {"items": [row]}, "application/json"),
    ):
        assert_problem(response, 503, "unavailable")
        assert response.json()["detail"].startswith(WAITING)
        assert response.headers["Retry-After"] == "1"


def test_a_statement_that_takes_too_long_is_not_a_database_that_is_away(
    patient: Person, held: psycopg.Connection
) -> None:
    item = make_item()
    held.execute("SELECT FROM items WHERE id = %s FOR UPDATE", [item.id])
    client = Client(headers=bearer(access_token(make_user("manager"))))
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0; SET statement_timeout = '100ms'")
    response = client.patch(f"/api/items/{item.id}/", {"price": "2.00"}, "application/json")
    assert_problem(response, 503, "unavailable")
    assert response.json()["detail"].startswith("The database gave up")
