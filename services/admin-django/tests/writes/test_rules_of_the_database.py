"""What no code knows and the database refuses all the same."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from catalog.models import Item
from django.db import connection
from django.test import Client

from tests.make import assert_problem
from tests.writes.rows import row, statuses, upsert


@pytest.fixture
def only_the_database_knows(committed: None) -> Iterator[None]:
    """A rule of the table that no code knows: no item may be called `refused`."""
    superuser = os.environ["TRIPTYCH_SUPERUSER_DATABASE_URL"]
    name = connection.settings_dict["NAME"]
    with psycopg.connect(superuser, dbname=name, autocommit=True) as database:
        database.execute("ALTER TABLE items ADD CONSTRAINT item_name_rule CHECK (name <> 'refused') NOT VALID")
        yield
        connection.close()
        database.execute("ALTER TABLE items DROP CONSTRAINT item_name_rule")


@pytest.mark.parametrize("places", [{0}, {999}, {17, 500, 998}])
def test_a_row_that_only_the_database_refuses_does_not_spoil_the_others(
    only_the_database_knows: None, editor: Client, places: set[int]
) -> None:
    results = upsert(editor, *(row(name="refused" if place in places else "good") for place in range(1000)))
    assert {index for index, status in enumerate(statuses(results)) if status == "rejected"} == places
    assert statuses(results).count("created") == 1000 - len(places)
    assert all(results[place]["errors"].keys() == {"name"} for place in places)
    assert Item.objects.filter(id__in=[each["id"] for each in results if each["id"]]).count() == 1000 - len(places)


def test_a_single_item_that_only_the_database_refuses_is_named(only_the_database_knows: None, editor: Client) -> None:
    response = editor.post("/api/items/", {"name": "refused", "price": "1.00"}, "application/json")
    assert_problem(response, 400, "invalid-body", {"name"})
