"""The rules hold for raw SQL too, which knows nothing of Django."""

from typing import Any

import pytest
from django.db import DataError, IntegrityError, ProgrammingError, connection, transaction

from tests.make import make_category, make_item, unique

pytestmark = pytest.mark.django_db


def execute(sql: str, *values: Any) -> Any:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone() if cursor.description else None


def insert(**columns: Any) -> int:
    row = {"name": "raw", "description": "", "price": "1.00", "sku": None, "category": None, **columns}
    marks = ", ".join(["%s"] * len(row))
    (id,) = execute(f"INSERT INTO items ({', '.join(row)}) VALUES ({marks}) RETURNING id", *row.values())
    return int(id)


@pytest.mark.parametrize("price", ["NaN", "-0.01", "100000000"])
def test_a_price_outside_its_range_is_refused(price: str) -> None:
    with pytest.raises((IntegrityError, DataError)):
        insert(price=price)


@pytest.mark.parametrize("price", ["Infinity", "-Infinity", "1e9"])
def test_a_price_that_does_not_fit_is_refused(price: str) -> None:
    with pytest.raises(DataError):
        insert(price=price)


@pytest.mark.parametrize("price", ["0", "99999999.99"])
def test_a_price_at_the_edge_of_its_range_is_taken(price: str) -> None:
    assert insert(price=price)


def test_a_name_of_101_characters_is_refused() -> None:
    with pytest.raises(DataError):
        insert(name="x" * 101)


def test_a_name_of_100_characters_of_four_bytes_is_taken() -> None:
    assert insert(name="😀" * 100)


@pytest.mark.parametrize("column", ["name", "sku"])
def test_an_empty_text_is_refused(column: str) -> None:
    with pytest.raises(IntegrityError):
        insert(**{column: ""})


def test_a_description_too_long_to_be_indexed_is_refused() -> None:
    with pytest.raises(IntegrityError):
        insert(description="x" * 100_001)


def test_a_sku_is_used_once() -> None:
    sku = unique("S")
    insert(sku=sku)
    with pytest.raises(IntegrityError):
        insert(sku=sku)


def test_items_without_sku_are_many() -> None:
    assert insert(sku=None) != insert(sku=None)


def test_an_unknown_category_is_refused() -> None:
    insert(category=unique("none"))
    with pytest.raises(IntegrityError):  # as at the end of the transaction
        connection.check_constraints()
    transaction.set_rollback(True)


@pytest.mark.parametrize("slug", ["", "Upper", "with space", "under_score", "ümlaut", "line\n", "slash/"])
def test_a_malformed_slug_is_refused(slug: str) -> None:
    with pytest.raises(IntegrityError):
        execute("INSERT INTO categories (slug, name) VALUES (%s, 'x')", slug)


def test_a_slug_never_changes() -> None:
    category = make_category()
    with pytest.raises(IntegrityError, match="never changes"):
        execute("UPDATE categories SET slug = %s WHERE slug = %s", unique("c"), category.slug)


def test_an_id_never_changes() -> None:
    item = make_item()
    with pytest.raises(IntegrityError, match="never changes"):
        execute("UPDATE items SET id = %s WHERE id = %s", item.id + 1_000_000, item.id)


def test_the_version_grows_with_every_update_and_cannot_be_set() -> None:
    item = make_item()
    versions = [item.version]
    for price in ("2.00", "2.00", "3.00"):
        versions += execute("UPDATE items SET price = %s, version = 1 WHERE id = %s RETURNING version", price, item.id)
    assert versions == sorted(set(versions))


def test_updated_at_moves_and_created_at_stays() -> None:
    before = make_item()
    execute("UPDATE items SET price = 2 WHERE id = %s", before.id)
    before_created, before_updated = before.created_at, before.updated_at
    before.refresh_from_db(fields=["created_at", "updated_at"])
    assert before.created_at == before_created
    assert before.updated_at > before_updated


@pytest.mark.parametrize("statement", ["TRUNCATE items", "DROP TABLE items", "CREATE TABLE mine (x int)"])
def test_the_serving_role_may_not_define_or_truncate(statement: str) -> None:
    with pytest.raises(ProgrammingError):
        execute(statement)
