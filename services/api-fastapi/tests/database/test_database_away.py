"""The database goes away, comes back, is frozen, or was never migrated."""

import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.running import Line, Service, eventually, running

READS = ["/api/items/?limit=1", "/api/items/1/", "/api/categories/", "/readyz"]


@pytest.fixture
def served(database_url: str, line: Line) -> Iterator[Service]:
    """A service that reaches the database over the line only."""
    with running(
        line.through(database_url), CATEGORY_COUNTS_MAX_AGE_SECONDS="0", DATABASE_STATEMENT_TIMEOUT_MS="1000"
    ) as service:
        yield service


def test_while_it_is_away_every_read_is_a_503_at_once(served: Service, line: Line) -> None:
    assert served.ask("/readyz").status == 200
    line.cut()
    for path in READS:
        begin = time.monotonic()
        answer = served.ask(path)
        assert time.monotonic() - begin < 2
        assert answer.status == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["type"] == "urn:triptych:problem:unavailable"
    assert served.ask("/livez").status == 200


def test_after_its_return_the_first_request_works(served: Service, line: Line) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert {answer.status for answer in pool.map(served.ask, READS[:1] * 32)} == {200}
        line.cut()
        line.connect()  # without a request in between: every pooled connection is dead, and nobody knows
        again = list(pool.map(served.ask, READS * 8))
        assert {answer.status for answer in again} <= {200, 404}, [answer.body for answer in again]
        line.cut()
        assert served.ask("/api/items/?limit=1").status == 503
        line.connect()
        assert served.ask("/api/items/?limit=1").status == 200


def test_a_frozen_database_is_given_up_in_time(served: Service, line: Line) -> None:
    assert served.ask("/readyz").status == 200
    line.freeze()
    for path in ("/readyz", "/api/items/?limit=1"):
        begin = time.monotonic()
        assert served.ask(path).status == 503
        assert time.monotonic() - begin < 3
    line.cut()
    line.connect()
    assert served.ask("/api/items/?limit=1").status == 200


def test_only_the_first_reads_wait_for_a_frozen_database(served: Service, line: Line) -> None:
    assert served.ask("/readyz").status == 200
    line.freeze()
    eventually(lambda: served.ask("/readyz").status == 503)
    begin = time.monotonic()
    for _ in range(10):
        for path in READS:
            assert served.ask(path).status == 503
    # forty that waited even once would come to half a minute
    assert time.monotonic() - begin < 10
    line.thaw()
    eventually(lambda: served.ask("/readyz").status == 200)
    for path in READS:
        assert served.ask(path).status in (200, 404)


def test_what_takes_too_long_is_said_to_be_that_and_others_are_answered(
    database_url: str,
) -> None:
    with (
        running(database_url, DATABASE_STATEMENT_TIMEOUT_MS="1000") as service,
        psycopg.connect(os.environ["TRIPTYCH_DATABASE_URL"]) as holder,
        ThreadPoolExecutor(16) as pool,
    ):
        eventually(lambda: service.ask("/readyz").status == 200)
        holder.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
        slow = [pool.submit(service.ask, "/api/items/1/") for _ in range(16)]
        assert service.ask("/readyz").status == 200
        for each in slow:
            answer = each.result()
            assert (answer.status, answer.headers["retry-after"]) == (504, "1")
            assert answer.json()["type"] == "urn:triptych:problem:unavailable"
        assert service.ask("/readyz").status == 200


def test_a_database_that_was_never_migrated_is_not_ready(database_url: str) -> None:
    empty = f"empty_{uuid.uuid4().hex}"
    with psycopg.connect(os.environ["TRIPTYCH_SUPERUSER_DATABASE_URL"], autocommit=True) as superuser:
        superuser.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(empty)))
        try:
            with running(f"{database_url.rpartition('/')[0]}/{empty}") as service:
                for path in READS:
                    answer = service.ask(path)
                    assert answer.status == 503
                    assert "not migrated" in answer.json()["detail"]
        finally:
            superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(empty)))


def test_several_servers_may_be_named_of_which_the_one_that_takes_writes_is_asked(database_url: str) -> None:
    target = conninfo_to_dict(database_url)
    here = f"{target['host']}:{target['port']}"
    several = database_url.replace(here, f"127.0.0.1:1,{here}") + "?target_session_attrs=read-write"
    with running(several, CACHE_MEMORY_MB="8") as service:
        eventually(lambda: service.ask("/readyz").status == 200)
        assert service.ask("/api/items/?limit=1").status == 200
        assert service.ask("/api/categories/").status == 200
