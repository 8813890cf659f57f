"""Readiness follows the database; liveness does not."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.http_client import HttpClient
from tests.problems import assert_problem
from tests.ready import is_ready, wait_until_ready
from tests.system import System
from tests.wait import until

pytestmark = pytest.mark.disruptive


@pytest.fixture
def without_postgres(system: System, gateway: HttpClient) -> Iterator[None]:
    """A while without database; afterwards everything is ready again."""
    system.stop("postgres")
    yield
    system.start("postgres")
    wait_until_ready(gateway)


def is_unready(client: HttpClient) -> bool:
    return not is_ready(client, "")


@pytest.mark.usefixtures("without_postgres")
def test_without_the_database_nothing_is_ready_and_everything_is_alive(
    gateway: HttpClient, frameworks: dict[str, HttpClient]
) -> None:
    for client in frameworks.values():
        until(partial(is_unready, client), what="readyz answers 503")
        assert_problem(client.get("/readyz"), 503, "unavailable")
        assert client.get("/livez").status == 200
        assert_problem(client.get("/api/items/"), 503, "unavailable")
        assert client.get("/api/items/").header("Retry-After") == "1"
        assert_problem(client.get("/api/items/1/"), 503, "unavailable")
        assert_problem(client.get("/api/items/?limit=0"), 400, "invalid-parameter", {"limit"})
    assert_problem(gateway.get("/readyz"), 503, "unavailable")
    assert_problem(gateway.get("/api/items/", {"Cache-Control": "no-cache"}), 503, "unavailable")
    assert gateway.get("/livez").status == 200
