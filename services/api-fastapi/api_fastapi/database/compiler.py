"""Compile every statement into `compiled.json`: `make snapshot`, or `python -m api_fastapi.database.compiler`."""

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects import postgresql

from api_fastapi.database import item_queries, queries
from api_fastapi.database.statements import (
    APPLIED_MIGRATION,
    CATEGORIES,
    CATEGORY_COUNTS,
    FILE,
    ITEMS,
    Statement,
    page_name,
)

_DIALECT = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


def compiled(name: str, select: Select[*tuple[Any, ...]]) -> Statement:
    """Return a statement of SQLAlchemy's as text; every value in it must be a parameter with a name."""
    found = select.compile(dialect=_DIALECT)
    return Statement(name, str(found), list(found.positiontup or ()))


def all_compiled() -> Iterator[Statement]:
    """Return the statements, with a page of every shape."""
    yield compiled(ITEMS, item_queries.items_by_id())
    yield compiled(CATEGORIES, queries.CATEGORIES)
    yield compiled(CATEGORY_COUNTS, queries.CATEGORY_COUNTS)
    yield compiled(APPLIED_MIGRATION, queries.APPLIED_MIGRATION)
    names = item_queries.FILTERS
    for filters in [frozenset(some) for count in range(len(names) + 1) for some in combinations(names, count)]:
        for sort in [f"{direction}{column}" for column in item_queries.SORTED for direction in ("", "-")]:
            for after in (False, True):
                yield compiled(page_name(sort, filters, after), item_queries.page(sort, filters, after))


def document() -> str:
    """Return what the file is to hold: each line of SQL once, and of which lines each statement consists."""
    lines: dict[str, int] = {}
    statements = {}
    for name, text, parameters in all_compiled():
        statements[name] = [[lines.setdefault(line, len(lines)) for line in text.split("\n")], parameters]
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(parts)}" for name, parts in statements.items())
    return f'{{"lines": {json.dumps(list(lines), indent=0)},\n"statements": {{\n{rows}\n}}}}\n'


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8")
