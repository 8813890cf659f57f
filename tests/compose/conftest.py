"""The compose system under test, and a second one to break."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.compose.project import Project, free_port
from tests.http_client import HttpClient
from tests.ready import PREFIXES, wait_until_ready

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


@pytest.fixture(scope="session")
def replicated() -> Iterator[Project]:
    """A system with two replicas of each service, which every test leaves whole."""
    project = Project("triptych-test-replicated", free_port(), free_port())
    project.remove()
    scales = [word for service in PREFIXES for word in ("--scale", f"{service}=2")]
    try:
        project.compose("up", "--build", "--wait", *scales)
        migrate = project.config()["services"]["migrate"]["environment"]
        with pytest.MonkeyPatch.context() as told, HttpClient(project.url) as gateway:
            told.setenv("TRIPTYCH_ADMIN_USER", migrate["TRIPTYCH_ADMIN_USER"])
            told.setenv("TRIPTYCH_ADMIN_PASSWORD", migrate["TRIPTYCH_ADMIN_PASSWORD"])
            wait_until_ready(gateway)
            yield project
    finally:
        project.remove()
