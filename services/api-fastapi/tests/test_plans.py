"""The lists are walks along an index, at any depth."""

import os
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from api_fastapi import selects
from sqlalchemy import create_engine

ROWS = 20_000
VALUES: dict[str, object] = {
    "id": ROWS // 2,
    "name": f"Plan {ROWS // 2:08}",
    "price": Decimal(ROWS // 2) / 100,
    "updated_at": "2000-01-01T00:00:00Z",
}


@pytest.fixture(scope="module")
def many() -> Iterator[psycopg.Connection[Any]]:
    """A transaction, never committed, that sees many items with statistics of their own."""
    with psycopg.connect(os.environ["TRIPTYCH_DATABASE_URL"]) as connection:
        connection.execute(
            "INSERT INTO items (name, description, price)"
            " SELECT 'Plan ' || lpad(n::text, 8, '0'), '', n / 100.0 FROM generate_series(1, %s) AS n",
            [ROWS],
        )
        connection.execute("ANALYZE items")
        yield connection
        connection.rollback()


@pytest.mark.parametrize("direction", ["", "-"])
@pytest.mark.parametrize("column", ["id", "name", "price", "updated_at"])
@pytest.mark.parametrize("after", [False, True])
def test_every_sort_follows_its_index(many: psycopg.Connection[Any], column: str, direction: str, after: bool) -> None:
    statement = selects.list_items(direction + column, frozenset(), after)
    compiled = statement.compile(create_engine("postgresql+psycopg://"))
    values = {"limit": 51, "value": VALUES[column], "id": ROWS // 2}
    plan = "\n".join(row[0] for row in many.execute("EXPLAIN " + str(compiled), values))
    index = "items_pkey" if column == "id" else f"item_by_{column}"
    assert re.search(rf"Index Scan( Backward)? using {index} ", plan), plan
    assert "Sort" not in plan, plan
    assert ("Index Cond" in plan) == after, plan
    assert "Filter" not in plan, plan
