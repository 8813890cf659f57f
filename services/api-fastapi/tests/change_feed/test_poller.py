"""What the feed cannot tell of must not be missed either: each time a change is made that leaves no trace in it."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from tests.running import Service, eventually, running

from tests.conftest import MakeItem

KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = current_user AND application_name = 'api-fastapi feed'"
)


@pytest.fixture(scope="module")
def cached(database_url: str) -> Iterator[Service]:
    """A service with a cache, which is ready."""
    with running(database_url, CACHE_MEMORY_MB="8") as service:
        eventually(lambda: service.ask("/readyz").status == 200)
        yield service


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(
            "UPDATE item_feed_state SET trimmed = (pg_current_xact_id()::text::bigint + 1)::text::xid8", id="trimmed"
        ),
        pytest.param("DELETE FROM item_feed_life", id="crash or fail-over"),
        pytest.param("UPDATE item_feed_life SET token = gen_random_uuid()", id="crash, and another reader was quicker"),
        pytest.param("UPDATE item_feed_state SET home = 'elsewhere'", id="restored from a dump"),
        pytest.param("INSERT INTO item_change (op) VALUES ('T')", id="truncated"),
        pytest.param(
            "INSERT INTO item_change (item_id, version, op) SELECT n, n, 'U' FROM generate_series(1, 2001) AS n",
            id="more changes than a poll goes through",
        ),
    ],
)
def test_everything_is_forgotten_when_the_feed_may_have_missed_something(
    cached: Service, database_url: str, make_item: MakeItem, statement: str
) -> None:
    item = make_item("before")
    eventually(lambda: b"before" in cached.ask(f"/api/items/{item}/").body)
    with psycopg.connect(os.environ["TRIPTYCH_OWNER_DATABASE_URL"]) as owner:
        owner.execute("UPDATE items SET name = 'after' WHERE id = %s", [item])
        owner.execute("DELETE FROM item_change WHERE tx = pg_current_xact_id()")
        owner.execute(statement)
    if "home" in statement:  # that is seen when a reader connects
        with psycopg.connect(database_url, autocommit=True) as reader:
            reader.execute(KILL)
    eventually(lambda: b"after" in cached.ask(f"/api/items/{item}/").body)
    # and it goes on
    eventually(lambda: cached.ask("/readyz").status == 200)


def test_a_change_during_a_lost_connection_is_not_missed(
    cached: Service, database_url: str, make_item: MakeItem
) -> None:
    item = make_item("before")
    for round_ in range(5):
        cached.ask(f"/api/items/{item}/")
        with (
            psycopg.connect(os.environ["TRIPTYCH_DATABASE_URL"], autocommit=True) as writer,
            psycopg.connect(database_url, autocommit=True) as reader,
        ):
            reader.execute(KILL)
            writer.execute("UPDATE items SET name = %s WHERE id = %s", [f"round {round_}", item])
        eventually(lambda n=round_: f"round {n}".encode() in cached.ask(f"/api/items/{item}/").body)  # type: ignore[misc]
