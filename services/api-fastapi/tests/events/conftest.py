"""A worker to follow; it must be ready, because who follows one that has not reached the feed yet is told nothing."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.running import Service, eventually, running

Rename = Callable[[int, str], None]


@pytest.fixture(scope="session")
def worker(database_url: str) -> Iterator[Service]:
    """A service that is ready."""
    with running(database_url, CACHE_MEMORY_MB="8") as service:
        eventually(lambda: service.ask("/readyz").status == 200)
        yield service


@pytest.fixture
def rename(writer: psycopg.Connection[Any]) -> Rename:
    """Give an item another name."""

    def rename(item: int, name: str) -> None:
        writer.execute("UPDATE items SET name = %s WHERE id = %s", [name, item])

    return rename


@pytest.fixture(scope="session")
def owner() -> Iterator[psycopg.Connection[Any]]:
    """A connection that may change the feed's own tables."""
    with psycopg.connect(os.environ["TRIPTYCH_OWNER_DATABASE_URL"], autocommit=True) as connection:
        yield connection
