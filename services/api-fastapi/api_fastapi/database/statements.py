"""The statements as libpq sends them: text with numbered parameters, compiled once, and kept in `compiled.json`.

SQLAlchemy builds them from the tables (`compiler`), and takes 11 MB of memory: so a worker does without it. A test
holds the file to what the tables and the queries say now.
"""

import json
from collections.abc import Set
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).with_name("compiled.json")
ITEMS, CATEGORIES, CATEGORY_COUNTS, APPLIED_MIGRATION = "items", "categories", "category counts", "applied migration"


class Statement(NamedTuple):
    """A statement, the name that it is prepared under, and what it binds in which order."""

    name: str
    text: str
    parameters: list[str]

    def bind(self, **values: str) -> tuple[bytes, bytes, list[bytes | None]]:
        """Return what a connection runs, with these values in Postgres' text form."""
        return self.name.encode(), self.text.encode(), [values[name].encode() for name in self.parameters]


@cache
def statement(name: str) -> Statement:
    """Return a statement by its name."""
    document = _document()
    lines, parameters = document["statements"][name]
    return Statement(name, "\n".join(document["lines"][line] for line in lines), parameters)


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(FILE.read_bytes())
    return document


def page_name(sort: str, filters: Set[str], after: bool) -> str:
    """Return the name of the statement of one page; `item_queries.page` says what it binds and brings."""
    return f"{sort} {' '.join(sorted(filters))}{'+' if after else ''}"
