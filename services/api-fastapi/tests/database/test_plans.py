"""The lists are walks along an index, at any depth."""

import os
import re
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from api_fastapi.database.plans import GENERIC_PLAN, along_an_index
from api_fastapi.database.statements import page_name, statement

ROWS = 20_000
VALUES = {
    "id": str(ROWS // 2),
    "name": f"Plan {ROWS // 2:08}",
    "price": str(ROWS / 200),
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
@pytest.mark.parametrize("filters", [{}, {"category": "none"}, {"min_price": "1", "max_price": "150"}, BOTH])
@pytest.mark.parametrize("after", [False, True])
def test_every_sort_follows_its_index(
    many: psycopg.Connection[Any], column: str, direction: str, filters: dict[str, str], after: bool
) -> None:
    names = frozenset(filters)
    if not along_an_index(column, names):
        return
    page = statement(page_name(direction + column, names, after))
    _, text, values = page.bind(limit="51", value=VALUES[column], id="7", **filters)
    # planned for all values, as the fast path does it
    for setting in f"plan_cache_mode={GENERIC_PLAN}".split(" -c "):
        many.execute(f"SET LOCAL {setting}")
    name = f"plan_{uuid.uuid4().hex}"
    many.execute(f"PREPARE {name} AS {text.decode()}")
    literals = ", ".join(f"'{value.decode()}'" for value in values if value is not None)
    plan = "\n".join(row[0] for row in many.execute(f"EXPLAIN EXECUTE {name} ({literals})"))
    many.execute(f"DEALLOCATE {name}")
    index = "item_by_category" if "category" in filters else "items_pkey" if column == "id" else "item_by"
    suffix = "" if column == "id" else f"_{column}"
    assert re.search(rf"Index Scan( Backward)? using {index}{suffix} ", plan), plan
    assert "Sort" not in plan and "Filter" not in plan, plan
