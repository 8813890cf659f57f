"""Parts are killed, frozen and restarted under reads."""

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

import psycopg
import pytest

from tests.http_client import HttpClient
from tests.load import Load
from tests.problems import assert_problem
from tests.ready import PREFIXES, wait_until_ready
from tests.system import System
from tests.wait import until

pytestmark = pytest.mark.disruptive


@pytest.fixture
def targets(database_url: str) -> list[str]:
    with psycopg.connect(database_url, autocommit=True) as database:
        row = database.execute(
            "INSERT INTO items (name, description, price) VALUES ('Load', '', 1) RETURNING id"
        ).fetchone()
    assert row is not None
    return [f"/api/items/{row[0]}/", "/api/items/?limit=5", "/api/categories/", "/api/items/?sort=-price&limit=20"]


@pytest.fixture(autouse=True)
def whole_again(gateway: HttpClient) -> Iterator[None]:
    """Wait until every part is ready, before the test and after it."""
    wait_until_ready(gateway)
    yield
    wait_until_ready(gateway)


def wait_until_served(load: Load, by: set[str], reads: int = 50) -> None:
    """Wait until, of the reads from now on, at least `reads` were served, and only by these."""
    start = time.monotonic()

    def served() -> bool:
        recent = [outcome.served_by for outcome in load.since(start)][-reads:]
        return len(recent) >= reads and set(recent) <= by

    until(served, what=f"reads are served by {by}")


def test_no_read_fails_while_frameworks_are_killed_and_come_back(
    system: System, url: str, targets: list[str], gateway: HttpClient
) -> None:
    others = set(PREFIXES) - {"api-fastapi"}
    with Load(url, targets) as load:
        wait_until_served(load, {"api-fastapi"})
        system.kill("api-fastapi")
        wait_until_served(load, others)
        system.kill("admin-django")
        wait_until_served(load, set(PREFIXES))
        system.start("api-fastapi")
        system.start("admin-django")
        wait_until_served(load, {"api-fastapi"}, reads=200)
    assert [str(failure) for failure in load.failures()] == []
    story = Counter(outcome.served_by for outcome in load.outcomes)
    assert story["api-fastapi"] > 0
    assert sum(story[other] for other in others) > 0


def test_a_frozen_framework_is_passed_over(system: System, url: str, targets: list[str]) -> None:
    # few enough that the first ones, which wait out the gateway's patience, do not use up all clients
    with Load(url, targets, rate=20, clients=120) as load:
        wait_until_served(load, {"api-fastapi"}, reads=10)
        system.freeze("api-fastapi")
        try:
            frozen = time.monotonic()
            until(
                lambda: sum(outcome.served_by != "api-fastapi" for outcome in load.since(frozen)) >= 60,
                what="others answer",
            )
        finally:
            system.thaw("api-fastapi")
        wait_until_served(load, {"api-fastapi"}, reads=20)
    assert [str(failure) for failure in load.failures()] == []
    assert max(outcome.seconds for outcome in load.outcomes) < 8


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_reads_fail_only_while_postgres_is_down_and_recover_by_themselves(
    end: str, system: System, url: str, targets: list[str], database_url: str, frameworks: dict[str, HttpClient]
) -> None:
    with Load(url, targets) as load:
        wait_until_served(load, {"api-fastapi"})
        assert load.failures() == []
        getattr(system, end)("postgres")
        until(load.failures, what="a read notices")
        system.start("postgres")
        until(lambda: connects(database_url), what="postgres is back")
        back = time.monotonic()
        for service, client in frameworks.items():
            for target in targets:
                until(partial(answers, client, target), f"{service} answers {target} again")
        recovered = time.monotonic()
        print(f"all answer {recovered - back:.1f} s after the database")
        wait_until_served(load, set(PREFIXES), reads=200)
    assert [str(outcome) for outcome in load.since(recovered) if not outcome.succeeded] == []
    for failure in load.failures():
        assert failure.reply is not None, str(failure)
        assert_problem(failure.reply, 503, "unavailable")


def answers(client: HttpClient, target: str) -> bool:
    return client.get(target).status == 200


def connects(database_url: str) -> bool:
    try:
        psycopg.connect(database_url, connect_timeout=1).close()
    except psycopg.OperationalError:
        return False
    return True
