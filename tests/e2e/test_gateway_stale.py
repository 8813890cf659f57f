"""While nobody can answer a read, the gateway goes on with what it has: for a minute, then no longer."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from tests.e2e.micro_cache import PROMISED, Item, cached, let_pass, name_in
from tests.http_client import HttpClient, Reply
from tests.problems import assert_problem
from tests.ready import PREFIXES, wait_until_ready
from tests.system import System
from tests.wait import until

pytestmark = pytest.mark.disruptive

NO_CACHE = {"Cache-Control": "no-cache"}


@pytest.fixture(params=["services", "postgres"])
def nobody(request: pytest.FixtureRequest, system: System, gateway: HttpClient) -> Iterator[list[str]]:
    """The parts to stop so that no read is answered: then nobody listens, or everybody says 503."""
    wait_until_ready(gateway)
    parts = list(PREFIXES) if request.param == "services" else ["postgres"]
    with ExitStack() as after:
        for part in parts:
            after.callback(system.start, part)
        yield parts
    wait_until_ready(gateway)


def without(parts: list[str], system: System, gateway: HttpClient, target: str) -> None:
    """Stop the parts, and wait until a read that insists on a service notices."""
    for part in parts:
        system.stop(part)
    until(lambda: gateway.get(target, NO_CACHE).status == 503, what="nobody answers")


def test_what_was_read_is_still_answered_while_nobody_answers(
    nobody: list[str], system: System, gateway: HttpClient, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as database:
        item, unread = Item(database), Item(database)
    hit = cached(gateway, item.path)
    without(nobody, system, gateway, unread.path)
    let_pass(PROMISED, since=time.monotonic())  # older than what is handed out while a new one is fetched
    reply = gateway.get(item.path)
    assert reply.header("X-Cache") == "STALE"
    assert (reply.status, reply.body, reply.header("ETag")) == (200, hit.body, hit.header("ETag"))
    assert reply.header("Cache-Control") == hit.header("Cache-Control")
    assert reply.header("Date") is not None
    # who wants it fresh is told that this cannot be had, and what was never read is not there
    for target, headers in ((item.path, NO_CACHE), (item.path, {"Cookie": "triptych_fresh=1"}), (unread.path, {})):
        refused = gateway.get(target, headers)
        assert_problem(refused, 503, "unavailable")
        assert refused.header("Retry-After") == "1"
    assert gateway.get(item.path).status == 200


@pytest.mark.long
def test_what_was_read_is_answered_for_a_minute_and_no_longer(
    nobody: list[str], system: System, gateway: HttpClient, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as database:
        item = Item(database)
    cached(gateway, item.path)
    answered = [time.monotonic()]
    for part in nobody:
        system.stop(part)

    def refusal() -> tuple[Reply, ...]:
        reply = gateway.get(item.path)
        if reply.status != 200:
            return (reply,)
        answered.append(time.monotonic())
        return ()

    (reply,) = until(refusal, what="the gateway gives up")
    assert_problem(reply, 503, "unavailable")
    assert 59 < answered[-1] - answered[0] < 63


def test_what_changed_meanwhile_is_seen_as_soon_as_somebody_answers(
    system: System, gateway: HttpClient, database_url: str
) -> None:
    wait_until_ready(gateway)
    # a connection of its own: Postgres was stopped under the session's
    with ExitStack() as after, psycopg.connect(database_url, autocommit=True) as database:
        item = Item(database)
        cached(gateway, item.path)
        after.callback(wait_until_ready, gateway)
        for service in PREFIXES:
            after.callback(system.start, service)
            system.stop(service)
        until(lambda: gateway.get(item.path).header("X-Cache") == "STALE", what="a stale answer")
        new = item.rename()
        let_pass(PROMISED, since=time.monotonic())  # older than it may be while somebody answers
        system.start("simple-flask")
        until(lambda: gateway.get("/flask/livez").status == 200, what="one of three is back")
        assert name_in(gateway.get(item.path)) == new
