"""Where the system is, and the clients that tests use.

TRIPTYCH_URL is the gateway's URL; TRIPTYCH_DATABASE_URL connects as admin_django; TRIPTYCH_SYSTEM says how the system
is run (`native`, the default, or `compose`), for the tests that kill parts of it.
"""

import os
from collections.abc import Iterator

import psycopg
import pytest

from tests.bearer import Bearer
from tests.http_client import HttpClient
from tests.ready import PREFIXES, wait_until_ready
from tests.system import System, system_of_environment


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that stop parts of the system last, so that they disturb no other."""
    items.sort(key=lambda item: item.get_closest_marker("disruptive") is not None)


@pytest.fixture(scope="session")
def url() -> str:
    """The gateway's URL, without a slash at the end."""
    return os.environ.get("TRIPTYCH_URL", "http://127.0.0.1:8080").rstrip("/")


@pytest.fixture(scope="session")
def gateway(url: str) -> Iterator[HttpClient]:
    """A client of the gateway itself."""
    with HttpClient(url) as client:
        wait_until_ready(client)
        yield client


@pytest.fixture(scope="session")
def bearer(gateway: HttpClient) -> Bearer:
    """The first user's token, who may do everything."""
    return Bearer(gateway)


@pytest.fixture(scope="session")
def frameworks(url: str, gateway: HttpClient) -> Iterator[dict[str, HttpClient]]:
    """One client per framework, pinned to it, by the service's name."""
    clients = {service: HttpClient(url, prefix) for service, prefix in PREFIXES.items()}
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture(params=list(PREFIXES))
def framework(request: pytest.FixtureRequest, frameworks: dict[str, HttpClient]) -> HttpClient:
    """The client of one framework; the test runs once for each."""
    return frameworks[request.param]


@pytest.fixture(scope="session")
def database_url() -> str:
    """How to connect to the database as admin_django."""
    return os.environ["TRIPTYCH_DATABASE_URL"]


@pytest.fixture(scope="session")
def database(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection as admin_django, autocommitting."""
    # UTC: Python has no moment before year 1, which a zone west of Greenwich would need for the scene's oldest row
    with psycopg.connect(database_url, autocommit=True, options="-c TimeZone=UTC") as connection:
        yield connection


@pytest.fixture(scope="session")
def system() -> System:
    """The parts of the running system, to be stopped and started."""
    return system_of_environment()
