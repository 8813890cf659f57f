"""A database that is slow is not asked three times over; one that is frozen is waited for once, then no more."""

import os
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import psycopg
import pytest

from tests.bearer import Bearer, send
from tests.e2e.micro_cache import PROMISED, Item, cached, let_pass
from tests.http_client import HttpClient, Reply
from tests.problems import assert_problem
from tests.ready import PREFIXES, is_ready, wait_until_ready
from tests.system import System
from tests.threads import Threads
from tests.wait import until

# Not against containers: what else asks for the items there (counts that are old) is not told apart from a read.
pytestmark = pytest.mark.native

NO_CACHE = {"Cache-Control": "no-cache"}
# Seconds that nobody waits who is not one of the first: the services' time-outs alone come to more.
NO_WAIT = 1.5


@contextmanager
def items_locked(url: str) -> Iterator[None]:
    """Let every statement on the items wait, until the server stops it."""
    with psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
        yield


class Waiting(Threads):
    """Notes which roles have a statement that waits for the items."""

    def __init__(self, url: str) -> None:
        super().__init__(self._look)
        self._url = url
        self.seen: set[str] = set()

    def _look(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as watcher:
            while not self.over.wait(0.05):
                self.seen |= {
                    role
                    for (role,) in watcher.execute(
                        "SELECT usename FROM pg_locks JOIN pg_stat_activity USING (pid)"
                        " WHERE NOT granted AND relation = 'items'::regclass"
                    )
                }


@pytest.mark.disruptive
@pytest.mark.parametrize("target", ["/api/items/?q=nothing", "/api/items/7/"])
def test_a_statement_that_took_too_long_is_not_asked_of_others(
    gateway: HttpClient, database_url: str, target: str
) -> None:
    wait_until_ready(gateway)
    until(lambda: gateway.get(target, NO_CACHE).header("X-Served-By") == "api-fastapi", "api-fastapi is asked")
    with Waiting(database_url) as waiting, items_locked(database_url):
        reply = gateway.get(target, NO_CACHE)
        assert_problem(reply, 504, "unavailable")
        assert reply.header("Retry-After") == "1"
        assert waiting.seen == {"api_fastapi"}
        # one slow statement is no reason to answer nothing else
        assert gateway.get("/readyz").status == 200
        assert gateway.get("/fastapi/api/categories/").status in (200, 504)
    assert gateway.get(target, NO_CACHE).status in (200, 404)


@pytest.mark.disruptive
def test_each_service_says_that_a_read_took_too_long(framework: HttpClient, database_url: str) -> None:
    until(lambda: framework.get("/readyz").status == 200, "it is ready")
    with items_locked(database_url):
        reply = framework.get("/api/items/?limit=3")
        assert_problem(reply, 504, "unavailable")
        assert framework.get("/readyz").status == 200
    assert framework.get("/api/items/?limit=3").status == 200


@pytest.mark.disruptive
def test_what_was_read_before_is_answered_while_the_database_is_slow(gateway: HttpClient, database_url: str) -> None:
    wait_until_ready(gateway)
    with psycopg.connect(database_url, autocommit=True) as database:
        item = Item(database)
        target = f"/api/items/?limit=1&sort=-id&min_price=0.{item.id % 90 + 10}"  # nobody else's
        hit = cached(gateway, target)
        item.rename()  # api-fastapi keeps no list over a change
    with items_locked(database_url):
        let_pass(PROMISED, since=time.monotonic())
        reply = gateway.get(target)
        assert (reply.status, reply.header("X-Cache"), reply.body) == (200, "STALE", hit.body)


@pytest.fixture
def frozen(system: System, gateway: HttpClient, database_url: str, bearer: Bearer) -> Iterator[Item]:
    """A database that says nothing any more, and an item of which the gateway keeps the answer."""
    wait_until_ready(gateway)
    bearer.renew()  # while it is frozen nobody can log in
    with psycopg.connect(database_url, autocommit=True) as database:
        item = Item(database)
    cached(gateway, item.path)
    with ExitStack() as after:
        after.callback(wait_until_ready, gateway)
        after.callback(system.thaw, "postgres")
        system.freeze("postgres")
        yield item


def timed(client: HttpClient, target: str, headers: dict[str, str] | None = None) -> tuple[Reply, float]:
    begin = time.monotonic()
    return client.get(target, headers or {}), time.monotonic() - begin


@pytest.mark.disruptive
def test_only_the_first_wait_for_a_frozen_database(
    frozen: Item, gateway: HttpClient, frameworks: dict[str, HttpClient], system: System
) -> None:
    for client in (gateway, *frameworks.values()):
        reply, seconds = timed(client, "/readyz")
        print(f"/readyz {reply.status} after {seconds:.2f} s")
        assert_problem(reply, 503, "unavailable")
    let_pass(PROMISED, since=time.monotonic())
    waits: Counter[str] = Counter()
    for _ in range(10):
        reply, seconds = timed(gateway, frozen.path)
        print(f"{frozen.path} {reply.status} {reply.header('X-Cache')} after {seconds:.3f} s")
        assert (reply.status, reply.header("X-Cache")) == (200, "STALE")
        waits["hot"] += seconds > NO_WAIT
        for name, client in {"gateway": gateway, **frameworks}.items():
            for target in (f"/api/items/?limit={secrets.randbelow(200) + 1}", "/readyz"):
                reply, seconds = timed(client, target, NO_CACHE)
                assert_problem(reply, 503, "unavailable")
                waits[name] += seconds > NO_WAIT
            reply, seconds = timed(client, "/livez")
            assert reply.status == 200
            waits[name] += seconds > NO_WAIT
    print(dict(waits))
    # of 150; one for each that had no connection and had to look for itself, and some for a busy machine
    assert sum(waits.values()) <= 5, dict(waits)

    system.thaw("postgres")
    for prefix in ("", *PREFIXES.values()):
        until(partial(is_ready, gateway, prefix), what=f"{prefix or 'gateway'} answers by itself")
    for client in frameworks.values():
        until(lambda client=client: client.get(frozen.path).status == 200, what="reads")  # type: ignore[misc]


@pytest.mark.disruptive
def test_a_write_that_begins_while_it_is_frozen_is_refused_and_not_done(
    gateway: HttpClient, frozen: Item, system: System, bearer: Bearer
) -> None:
    until(lambda: gateway.get("/django/readyz").status == 503, "admin-django notices")
    names = [secrets.token_hex(8) for _ in range(10)]
    for name in names:
        reply = send(gateway, "POST", "/api/items/", {"name": name, "price": "1.00"}, bearer.headers())
        assert_problem(reply, 503, "unavailable")
    system.thaw("postgres")
    until(lambda: gateway.get("/django/readyz").status == 200, "it is back")
    reply = send(gateway, "POST", "/api/items/", {"name": names[0], "price": "1.00"}, bearer.headers())
    assert reply.status == 201
    with psycopg.connect(os.environ["TRIPTYCH_DATABASE_URL"]) as database:
        row = database.execute("SELECT count(*) FROM items WHERE name = ANY(%s)", [names]).fetchone()
    assert row == (1,)
