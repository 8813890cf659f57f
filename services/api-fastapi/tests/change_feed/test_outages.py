"""What befalls a database: whatever is lost, put back or done behind its back, no worker goes on with an old answer.

On a Postgres of their own, because others would miss what is truncated and stopped here.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.clusters import OWNER, READER, SUPERUSER, WRITER, Cluster, Given, made, place
from tests.running import Service, eventually, running

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def ground() -> Iterator[tuple[Given, Path]]:
    """Where clusters may be made."""
    with place() as ground:
        yield ground


@pytest.fixture(scope="module")
def cluster(ground: tuple[Given, Path]) -> Cluster:
    """A Postgres that keeps commits nobody waits for in memory for long."""
    given, folder = ground
    cluster = made(given, folder / "first")
    with connect(cluster, SUPERUSER) as superuser:
        superuser.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
    cluster.stop()
    cluster.start()
    return cluster


@pytest.fixture(scope="module")
def worker(cluster: Cluster) -> Iterator[Service]:
    """A process with a cache."""
    with running(cluster.url(READER), CACHE_MEMORY_MB="8") as worker:
        yield worker


@pytest.fixture
def item(cluster: Cluster, worker: Service) -> int:
    """An item that the worker has in its cache."""
    with connect(cluster) as writer:
        row = writer.execute("INSERT INTO items (name, description, price) VALUES ('a', '', 1) RETURNING id").fetchone()
    assert row is not None
    eventually(lambda: worker.ask("/readyz").status == 200)
    eventually(lambda: name_of(worker, row[0]) == "a")
    return int(row[0])


def connect(cluster: Cluster, who: str = WRITER) -> Connection:
    return psycopg.connect(cluster.url(who), autocommit=True)


def name_of(worker: Service, item: int) -> str | None:
    """Return what the worker shows: a name, or None where there is no such item."""
    answer = worker.ask(f"/api/items/{item}/")
    return str(answer.json()["name"]) if answer.status == 200 else None if answer.status == 404 else "no answer"


def rename(connection: Connection, item: int, name: str) -> None:
    connection.execute("UPDATE items SET name = %s WHERE id = %s", [name, item])


def spend(connection: Connection, transactions: int) -> None:
    """Let transaction ids pass."""
    for _ in range(transactions):
        connection.execute("SELECT pg_current_xact_id()")


def newest(connection: Connection) -> int:
    row = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def asleep(worker: Service) -> Iterator[None]:
    """Let the worker see nothing of what happens meanwhile."""
    worker.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.process.send_signal(signal.SIGCONT)


def shown(cluster: Cluster, worker: Service, item: int) -> str | None:
    """Return what the worker shows once it has caught up with the feed, and so answers from its cache again."""
    began = (
        "SELECT query_start FROM pg_stat_activity"
        " WHERE application_name = 'api-fastapi feed' AND query NOT LIKE '%item_feed_attend%'"
    )
    with connect(cluster, SUPERUSER) as superuser:

        def another(*before: Any) -> Any:
            last = superuser.execute(began).fetchone()
            return None if last in before else last

        # the statement is prepared, it is sent, and what it brought is taken in before it is sent again
        last = None
        for _ in range(3):
            last = eventually(lambda: another(last))  # noqa: B023
    return name_of(worker, item)


def trim(owner: Connection, reader: Connection) -> None:
    """Let the feed be trimmed twice, as if ten minutes had passed: of all that was over when this began."""
    for _ in range(2):
        owner.execute("UPDATE item_feed_state SET marked_at = now() - interval '6 minutes'")
        reader.execute("SELECT item_feed_attend()")


def test_a_truncation_by_the_owner_empties_the_cache(cluster: Cluster, worker: Service, item: int) -> None:
    assert worker.ask("/api/items/").json()
    with connect(cluster, OWNER) as owner:
        owner.execute("TRUNCATE items")
    assert shown(cluster, worker, item) is None
    assert worker.ask("/api/items/").json() == []


def test_a_worker_that_slept_while_the_feed_was_trimmed_forgets_everything(
    cluster: Cluster, worker: Service, item: int
) -> None:
    people = connect(cluster), connect(cluster, OWNER), connect(cluster, READER)
    with asleep(worker), people[0] as writer, people[1] as owner, people[2] as reader:
        rename(writer, item, "b")
        trim(owner, reader)
        assert reader.execute("SELECT count(*) FROM item_change").fetchone() == (0,)
    assert shown(cluster, worker, item) == "b"


@pytest.mark.parametrize("crash", [False, True])
def test_a_prepared_transaction_is_seen_when_it_is_committed_however_late(
    cluster: Cluster, worker: Service, item: int, crash: bool
) -> None:
    with connect(cluster) as writer:
        writer.execute("BEGIN")
        rename(writer, item, "prepared")
        writer.execute("PREPARE TRANSACTION 'held'")
        other = writer.execute(
            "INSERT INTO items (name, description, price) VALUES ('a', '', 1) RETURNING id"
        ).fetchone()
        assert other is not None
    if crash:
        cluster.stop("immediate")
        cluster.start()
        eventually(lambda: worker.ask("/readyz").status == 200)
    with connect(cluster) as writer, connect(cluster, OWNER) as owner, connect(cluster, READER) as reader:
        for number in range(3):
            assert shown(cluster, worker, item) == "a"
            rename(writer, other[0], f"meanwhile {number}")
            assert shown(cluster, worker, other[0]) == f"meanwhile {number}"
            trim(owner, reader)
        writer.execute("COMMIT PREPARED 'held'")
    assert shown(cluster, worker, item) == "prepared"


def test_what_a_crash_took_back_is_taken_back(cluster: Cluster, worker: Service, item: int) -> None:
    with connect(cluster) as writer:
        before = newest(writer)
        writer.execute("SET synchronous_commit = off")
        for number in range(5):
            rename(writer, item, f"lost {number}")
    assert shown(cluster, worker, item) == "lost 4"
    with asleep(worker):
        cluster.stop("immediate")
        cluster.start()
        with connect(cluster) as writer:
            assert newest(writer) < before + 5, "nothing was lost"
            # by when the worker looks, there are more transactions than it knew of
            spend(writer, 20)
    assert shown(cluster, worker, item) == "a"


def test_a_database_that_was_put_back_to_an_older_state_is_not_followed_from_where_it_was(
    cluster: Cluster, worker: Service, item: int
) -> None:
    cluster.stop()
    older = cluster.copy("older")
    cluster.start()
    assert shown(cluster, worker, item) == "a"
    with connect(cluster) as writer:
        for number in range(5):
            rename(writer, item, f"undone {number}")
    assert shown(cluster, worker, item) == "undone 4"
    with asleep(worker):
        cluster.stop()
        older.start()
        with connect(older) as writer:
            spend(writer, 20)
    try:
        assert shown(cluster, worker, item) == "a"
    finally:
        older.stop()
        cluster.start()
    assert shown(cluster, worker, item) == "undone 4"


@pytest.mark.long
def test_a_dump_that_was_restored_behind_the_same_address_is_another_database(
    ground: tuple[Given, Path], cluster: Cluster, worker: Service, item: int
) -> None:
    given, folder = ground
    with connect(cluster) as writer:
        spend(writer, 200)
        known = newest(writer)
    assert shown(cluster, worker, item) == "a"
    dump = cluster.dump()
    with asleep(worker):
        cluster.stop()
        restored = Cluster(given, folder / "restored", cluster.port)
        restored.make()
        restored.fill(dump)
        with connect(restored) as writer:
            rename(writer, item, "elsewhere")
            assert newest(writer) < known
            spend(writer, 300)
    try:
        assert shown(cluster, worker, item) == "elsewhere"
    finally:
        restored.stop()
        cluster.start()
    assert shown(cluster, worker, item) == "a"


@pytest.mark.parametrize("channel", ["item_change", "items", "triptych"])
def test_what_others_notify_means_nothing(cluster: Cluster, worker: Service, item: int, channel: str) -> None:
    with connect(cluster) as writer:
        for forged in ("", "0", "t", '{"op":"T"}', str(item)):
            writer.execute("SELECT pg_notify(%s, %s)", [channel, forged])
        rename(writer, item, "b")
    assert shown(cluster, worker, item) == "b"
