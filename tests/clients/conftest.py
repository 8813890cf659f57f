"""The tools, and what the walkers walk through."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from tests.clients import tools


@pytest.fixture(scope="session", autouse=True)
def packages() -> None:
    """The npm packages are there."""
    tools.install()


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder, from which Node finds the packages."""
    with TemporaryDirectory(dir=tools.FOLDER) as path:
        yield Path(path)


@pytest.fixture
def category(database: psycopg.Connection) -> str:
    """A category of its own, with three items."""
    slug = f"clients-{secrets.token_hex(6)}"
    database.execute("INSERT INTO categories (slug, name) VALUES (%s, 'Clients')", (slug,))
    database.execute(
        "INSERT INTO items (name, description, price, category) "
        "SELECT 'Saucer ' || n, '', n, %s FROM generate_series(1, 3) n",
        (slug,),
    )
    return slug
