"""The lists are walks along an index, at any depth."""

import os
import re
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from api_fastapi.database import item_queries, json_queries
from sqlalchemy import create_engine

ROWS = 20_000
VALUES: dict[str, object] = {
    "id": ROWS // 2,
    "name": f"Plan {ROWS // 2:08}",
    "price": Decimal(ROWS // 2) / 100,
    "updated_at": "2000-01-01T00:00:00Z",
}
BOTH = {"category": "none", "min_price": "1", "max_price": "150"}


@pytest.fixture(scope="module")
def many() -> Iterator[psycopg.Connection[Any]]:
    """A transaction, never committed, that sees many items with statistics of their own."""
    with psycopg.connect(os.environ["TRIPTYCH_DATABASE_URL"]) as connection:
        connection.execute(
            # nearly all in one category: who takes another to be as large would look for it among all
            "INSERT INTO categories (slug, name) VALUES ('plan-large', 'Plan')"
        )
        connection.execute(
            "INSERT INTO items (name, description, price, category)"
            " SELECT 'Plan ' || lpad(n::text, 8, '0'), '', n / 100.0, 'plan-large' FROM generate_series(1, %s) AS n",
            [ROWS],
        )
        connection.execute("ANALYZE items")
        yield connection
        connection.rollback()


@pytest.mark.parametrize("direction", ["", "-"])
@pytest.mark.parametrize("column", ["id", "name", "price", "updated_at"])
@pytest.mark.parametrize("after", [False, True])
def test_every_sort_follows_its_index(many: psycopg.Connection[Any], column: str, direction: str, after: bool) -> None:
    statement = item_queries.list_items(direction + column, frozenset(), after)
    compiled = statement.compile(create_engine("postgresql+psycopg://"))
    values = {"limit": 51, "value": VALUES[column], "id": ROWS // 2}
    plan = "\n".join(row[0] for row in many.execute("EXPLAIN " + str(compiled), values))
    index = "items_pkey" if column == "id" else f"item_by_{column}"
    assert re.search(rf"Index Scan( Backward)? using {index} ", plan), plan
    assert "Sort" not in plan, plan
    assert ("Index Cond" in plan) == after, plan
    assert "Filter" not in plan, plan


@pytest.mark.parametrize("direction", ["", "-"])
@pytest.mark.parametrize("column", ["id", "name", "price", "updated_at"])
@pytest.mark.parametrize("filters", [{}, {"category": "none"}, {"min_price": "1", "max_price": "150"}, BOTH])
@pytest.mark.parametrize("after", [False, True])
def test_the_fast_path_walks_along_an_index_where_there_is_one(
    many: psycopg.Connection[Any], column: str, direction: str, filters: dict[str, str], after: bool
) -> None:
    names = frozenset(filters)
    if not json_queries.along_an_index(column, names):
        return
    values = ["51", *(filters[name] for name in sorted(names)), *([str(VALUES[column])] if column != "id" else []), "7"]
    if not after:
        values = values[: 1 + len(filters)]
    # planned for all values, as the fast path does it
    for setting in f"plan_cache_mode={json_queries.GENERIC_PLAN}".split(" -c "):
        many.execute(f"SET LOCAL {setting}")
    name = f"plan_{uuid.uuid4().hex}"
    many.execute(f"PREPARE {name} AS {json_queries.page(direction + column, names, after).decode()}")
    literals = ", ".join(f"'{value}'" for value in values)
    plan = "\n".join(row[0] for row in many.execute(f"EXPLAIN EXECUTE {name} ({literals})"))
    many.execute(f"DEALLOCATE {name}")
    index = "item_by_category" if "category" in filters else "items_pkey" if column == "id" else "item_by"
    suffix = "" if column == "id" else f"_{column}"
    assert re.search(rf"Index Scan( Backward)? using {index}{suffix} ", plan), plan
    assert "Sort" not in plan and "Filter" not in plan, plan
