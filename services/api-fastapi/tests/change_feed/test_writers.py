"""Whoever writes, and with whatever statement: the feed tells, and a worker's answers follow."""

import os
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.running import Service, eventually, running

from tests.conftest import MakeItem

Connection = psycopg.Connection[Any]
INSERT = "INSERT INTO items (id, name, description, price, category) VALUES (%(item)s, 'after', '', 1, %(category)s)"


@pytest.fixture(scope="module")
def cached(database_url: str) -> Iterator[Service]:
    """A service with a cache, which is ready."""
    with running(database_url, CACHE_MEMORY_MB="8") as service:
        eventually(lambda: service.ask("/readyz").status == 200)
        yield service


def shown(service: Service, item: int, category: str) -> tuple[str | None, list[str]]:
    """Return the item's name by its address, None where there is no such item, and the names in the list."""
    answer = service.ask(f"/api/items/{item}/")
    assert answer.status in (200, 404), answer.body
    rows = service.ask(f"/api/items/?category={category}").json()
    return answer.json().get("name"), [row["name"] for row in rows]


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        pytest.param(
            "MERGE INTO items USING (VALUES (%(item)s::bigint)) AS wanted (id) ON items.id = wanted.id"
            " WHEN MATCHED THEN UPDATE SET name = 'after'",
            "after",
            id="MERGE that updates",
        ),
        pytest.param(
            "MERGE INTO items USING (VALUES (%(item)s::bigint)) AS wanted (id) ON items.id = wanted.id"
            " WHEN MATCHED THEN DELETE",
            None,
            id="MERGE that deletes",
        ),
        pytest.param(INSERT + " ON CONFLICT (id) DO UPDATE SET name = 'after'", "after", id="ON CONFLICT"),
        pytest.param(
            "WITH changed AS (UPDATE items SET name = 'after' WHERE id = %(item)s RETURNING id) SELECT id FROM changed",
            "after",
            id="writable CTE",
        ),
        pytest.param("DELETE FROM items WHERE id = %(item)s", None, id="DELETE"),
    ],
)
def test_a_statement_of_any_kind_is_followed(
    cached: Service, writer: Connection, make_item: MakeItem, category: str, statement: str, left: str | None
) -> None:
    item = make_item("before")
    eventually(lambda: shown(cached, item, category) == ("before", ["before"]))
    writer.execute(statement, {"item": item, "category": category})
    eventually(lambda: shown(cached, item, category) == (left, [left] if left else []))


def test_a_copy_is_followed(cached: Service, writer: Connection, make_item: MakeItem, category: str) -> None:
    item = make_item("before")
    eventually(lambda: shown(cached, item, category) == ("before", ["before"]))
    with writer.transaction():
        writer.execute("DELETE FROM items WHERE id = %s", [item])
        with writer.cursor().copy("COPY items (id, name, description, price, category) FROM STDIN") as copy:
            copy.write_row((item, "after", "", "1.00", category))
    eventually(lambda: shown(cached, item, category) == ("after", ["after"]))


def test_a_replica_that_replays_changes_is_followed(cached: Service, make_item: MakeItem, category: str) -> None:
    item = make_item("before")
    eventually(lambda: shown(cached, item, category) == ("before", ["before"]))
    with psycopg.connect(os.environ["TRIPTYCH_SUPERUSER_DATABASE_URL"]) as replica:
        replica.execute("SET session_replication_role = replica")
        replica.execute("UPDATE items SET name = 'after' WHERE id = %s", [item])
    eventually(lambda: shown(cached, item, category) == ("after", ["after"]))


def test_a_transaction_that_began_first_and_ends_last_is_followed(
    cached: Service, writer: Connection, make_item: MakeItem, category: str
) -> None:
    item, other = make_item("before"), make_item("before")
    with psycopg.connect(os.environ["TRIPTYCH_DATABASE_URL"]) as slow:
        slow.execute("UPDATE items SET name = 'after' WHERE id = %s", [item])
        for number in range(5):
            writer.execute("UPDATE items SET name = %s WHERE id = %s", [f"number {number}", other])
            eventually(
                lambda n=number: shown(cached, item, category) == ("before", ["before", f"number {n}"])  # type: ignore[misc]
            )
    eventually(lambda: shown(cached, item, category) == ("after", ["after", "number 4"]))


def test_the_version_grows_also_where_an_id_is_made_again_while_it_is_deleted(
    writer: Connection, make_item: MakeItem, category: str
) -> None:
    values = {"item": make_item(), "category": category}
    url = os.environ["TRIPTYCH_DATABASE_URL"]
    with psycopg.connect(url) as deleting, psycopg.connect(url, autocommit=True) as making:
        deleting.execute("DELETE FROM items WHERE id = %(item)s", values)
        # it has drawn its version, and waits for what becomes of the other
        late = threading.Thread(target=lambda: making.execute(INSERT, values))
        late.start()
        waits = "SELECT pg_blocking_pids(%s) <> '{}'"
        eventually(lambda: writer.execute(waits, [making.info.backend_pid]).fetchone() == (True,))
        deleting.execute(INSERT, values)
        deleting.execute("UPDATE items SET price = 2 WHERE id = %(item)s", values)
        deleting.execute("DELETE FROM items WHERE id = %(item)s", values)
        deleting.commit()
        late.join()
    newest = writer.execute(
        "SELECT version, (SELECT max(version) FROM item_history WHERE item_id = items.id)"
        " FROM items WHERE id = %(item)s",
        values,
    ).fetchone()
    assert newest is not None
    assert newest[0] == newest[1]
