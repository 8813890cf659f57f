"""An item of a test's own."""

import psycopg
import pytest

from tests.e2e.micro_cache import Item


@pytest.fixture
def item(database: psycopg.Connection) -> Item:
    return Item(database)
