"""The rows that the contract tests share."""

import os
import random

import psycopg
import pytest

from tests.contract.fixtures import Fixtures, lay_out

# Another seed finds other requests; the same seed repeats a failure.
SEED = int(os.environ.get("TRIPTYCH_SEED", "20260131"))


@pytest.fixture(scope="session")
def fixtures(database: psycopg.Connection) -> Fixtures:
    """Rows of this run, which no test changes."""
    return lay_out(database, random.Random(SEED))
