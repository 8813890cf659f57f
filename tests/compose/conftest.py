"""The compose system under test, and a second one to break."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.compose.project import Project, free_port

# `python -m tests.compose` sets it; without a compose system there is nothing here to test.
collect_ignore_glob = [] if os.environ.get("TRIPTYCH_SYSTEM") == "compose" else ["test_*.py"]


@pytest.fixture(scope="session")
def project() -> Project:
    """The running system that all suites share."""
    environ = os.environ
    database = urlsplit(environ["TRIPTYCH_DATABASE_URL"])
    return Project(environ["COMPOSE_PROJECT_NAME"], int(environ["TRIPTYCH_PORT"]), database.port or 5432)


@pytest.fixture
def second_project() -> Iterator[Project]:
    """A system that is not yet there, and is gone after the test."""
    second = Project("triptych-test-second", free_port(), free_port())
    second.remove()
    yield second
    second.remove()
