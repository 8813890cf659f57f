"""No process goes back in time, and none is late, whatever is written, cut or killed meanwhile."""

import asyncio
import os
import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.histories.judging import State, Verdict, judge
from tests.histories.reading import Readers
from tests.histories.trouble import run, trouble
from tests.histories.writing import Writer, written
from tests.running import Line, eventually, running

# What is promised for a link that is cut, and some for a machine that has other things to do.
BOUND = 1.5 + 1.0


@dataclass(frozen=True)
class Endpoint:
    """Where a history happens, and who is who there."""

    writer: str
    reader: str
    owner: str


@pytest.fixture
def place() -> Endpoint:
    return Endpoint(
        os.environ["TRIPTYCH_DATABASE_URL"],
        os.environ["TRIPTYCH_API_FASTAPI_DATABASE_URL"],
        os.environ["TRIPTYCH_OWNER_DATABASE_URL"],
    )


def history(place: Endpoint, seconds: float, *kinds: tuple[float, Callable[[], None]]) -> Verdict:
    """Let a history happen to two processes, one of which has a bad line to the database, and judge it."""
    seed = int(os.environ.get("HISTORY_SEED", random.randrange(10**6)))
    chance = random.Random(seed)
    first = random.randrange(10**12, 10**15)
    items, filler = range(first, first + 10), range(first + 1000, first + 3100)
    category = f"history-{uuid.uuid4().hex}"
    with psycopg.connect(place.writer, autocommit=True) as connection:
        connection.execute("INSERT INTO categories (slug, name) VALUES (%s, 'History')", [category])
        connection.execute(
            "INSERT INTO items (id, name, description, price) SELECT id, 'filler', repeat('x', 300), 1"
            " FROM generate_series(%s::bigint, %s::bigint) AS id",
            [filler[0], filler[-1]],
        )
    target = conninfo_to_dict(place.reader)
    line = Line(str(target["host"]), int(str(target["port"])))
    line.connect()
    bad = place.reader.replace(f"{target['host']}:{target['port']}", f"127.0.0.1:{line.port}")
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND usename = current_user AND application_name LIKE 'api-fastapi%'"
    )

    def freeze() -> None:
        line.freeze()
        threading.Event().wait(chance.uniform(0.5, 2.5))
        line.cut()
        line.connect()

    usual: list[tuple[float, Callable[[], None]]] = [
        (0.7, lambda: run(place.reader, kill + " AND application_name LIKE '%feed'")),
        (2, lambda: run(place.reader, kill)),
        (4, freeze),
        (3, lambda: run(place.owner, "INSERT INTO item_change (op) VALUES ('T')")),
        (3, lambda: run(place.owner, "UPDATE item_feed_state SET trimmed = pg_current_xact_id()")),
    ]
    writers = [Writer(place.writer, items, filler, category, seed + number, 0.01) for number in range(6)]
    settings = {"CACHE_MEMORY_MB": "1", "DATABASE_STATEMENT_TIMEOUT_MS": "1000"}
    with running(place.reader, **settings) as good, running(bad, **settings) as poor:
        for service in (good, poor):
            eventually(lambda service=service: service.ask("/readyz").status == 200)  # type: ignore[misc]
        readers = Readers([good.port, poor.port], items, filler, category, seed)

        async def read() -> None:
            until = time.monotonic() + seconds
            await asyncio.gather(*(readers.read(number, lambda: time.monotonic() >= until) for number in range(6)))

        for writer in writers:
            writer.start()
        with trouble(*usual, *kinds):
            asyncio.run(read())
        for writer in writers:
            writer.stop()
        line.cut()
    acknowledged: dict[tuple[int, State], float] = {}
    for writer in writers:
        acknowledged.update(writer.acknowledged)
    verdict = judge(written(place.writer, items), acknowledged, readers.seen, BOUND)
    ages = sorted(verdict.ages)
    print(
        f"seed {seed}: {sum(writer.commits for writer in writers)} commits, {len(ages)} reads,"
        f" {readers.refused} refused, age p99 {ages[len(ages) * 99 // 100] * 1000:.0f} ms,"
        f" worst {ages[-1] * 1000:.0f} ms"
    )
    with psycopg.connect(place.writer, autocommit=True) as connection:
        connection.execute("DELETE FROM items WHERE id BETWEEN %s AND %s", [items[0], filler[-1]])
    assert len(ages) > 10 * seconds  # also on a machine that has much else to do
    return verdict


def test_a_short_history(place: Endpoint) -> None:
    assert history(place, 6).faults == []


@pytest.mark.long
def test_a_long_history_with_crashes(place: Endpoint) -> None:
    """HISTORY_SECONDS says how long (60); every few seconds a process of Postgres is killed, and all others restart.

    HISTORY_SEED chooses what is written and asked for, though not in which order things happen.
    """
    superuser = os.environ["TRIPTYCH_SUPERUSER_DATABASE_URL"]
    crash = "COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID'"  # the shell's parent is the backend
    assert (
        history(place, float(os.environ.get("HISTORY_SECONDS", "60")), (6, lambda: run(superuser, crash))).faults == []
    )
