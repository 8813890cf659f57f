"""A service, a database, and rows of a test's own.

TRIPTYCH_API_FASTAPI_DATABASE_URL is the service's own role on a migrated database; TRIPTYCH_DATABASE_URL the role
admin_django, which may insert. Every test makes its own category, and looks at nothing else.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.running import Line, Service, running

MakeItem = Callable[..., int]


@pytest.fixture(scope="session")
def database_url() -> str:
    """The database as the service's own role."""
    return os.environ["TRIPTYCH_API_FASTAPI_DATABASE_URL"]


@pytest.fixture(scope="session")
def service(database_url: str) -> Iterator[Service]:
    """A running service whose category counts are never older than the request."""
    with running(database_url, CATEGORY_COUNTS_MAX_AGE_SECONDS="0") as service:
        yield service


@pytest.fixture
def line(database_url: str) -> Iterator[Line]:
    """A line to the database, to be cut or frozen."""
    target = conninfo_to_dict(database_url)
    line = Line(str(target["host"]), int(str(target["port"])))
    line.connect()
    yield line
    line.cut()


@pytest.fixture(scope="session")
def writer() -> Iterator[psycopg.Connection[Any]]:
    """A connection that may write, in autocommit."""
    with psycopg.connect(os.environ["TRIPTYCH_DATABASE_URL"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def category(writer: psycopg.Connection[Any]) -> str:
    """The slug of a category that no other test knows."""
    slug = f"test-{uuid.uuid4().hex}"
    writer.execute("INSERT INTO categories (slug, name) VALUES (%s, 'A test''s own')", [slug])
    return slug


@pytest.fixture
def make_item(writer: psycopg.Connection[Any], category: str) -> MakeItem:
    """Insert an item into the test's category and return its id."""

    def make_item(name: str = "A thing", description: str = "", price: str = "1.00", sku: str | None = None) -> int:
        row = writer.execute(
            "INSERT INTO items (name, description, price, sku, category) VALUES (%s, %s, %s, %s, %s) RETURNING id",
            [name, description, price, sku, category],
        ).fetchone()
        assert row is not None
        return int(row[0])

    return make_item
