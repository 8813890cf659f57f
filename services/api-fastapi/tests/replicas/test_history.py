"""Standbys come, go, lag and freeze while everything is written and read: still nobody goes back in time."""

import asyncio
import os
import random
import threading
import time
import uuid

import psycopg
import pytest

from tests.histories.judging import State, judge
from tests.histories.reading import Readers
from tests.histories.trouble import run, trouble
from tests.histories.writing import Writer, written
from tests.replicas.cluster import Server, cluster
from tests.replicas.fixtures import scene

# What is promised of a standby that lags or is cut off, and some for a machine that has other things to do.
BOUND = 1.5 + 1.0
KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'api-fastapi%'"
    " AND pid <> pg_backend_pid()"
)


def mistreat(standbys: list[Server], primary: Server) -> None:
    """Let one of the things happen to a standby that happen to standbys, for a while."""
    standby = random.choice(standbys)
    kind = random.choice(["pause", "lag", "kill", "freeze", "connections"])
    for_a_while = random.uniform(0.2, 2.5)
    if kind == "pause":
        standby.ask("SELECT pg_wal_replay_pause()")
        threading.Event().wait(for_a_while)
        standby.ask("SELECT pg_wal_replay_resume()")
    elif kind == "lag":
        standby.ask(f"ALTER SYSTEM SET recovery_min_apply_delay = '{random.choice([50, 200, 800, 2000])}ms'")
        standby.ask("SELECT pg_reload_conf()")
        threading.Event().wait(2 * for_a_while)
        standby.ask("ALTER SYSTEM RESET recovery_min_apply_delay")
        standby.ask("SELECT pg_reload_conf()")
    elif kind == "kill":
        standby.kill()
        threading.Event().wait(for_a_while)
        standby.start(primary)
    elif kind == "freeze":
        standby.freeze()
        threading.Event().wait(for_a_while)
        standby.thaw()
    else:
        standby.ask(KILL)


@pytest.mark.long
def test_a_history_with_standbys() -> None:
    """HISTORY_SECONDS says how long (60); about every second something happens to a standby.

    HISTORY_SEED chooses what is written and asked for, though not in which order things happen.
    """
    seconds = float(os.environ.get("HISTORY_SECONDS", "60"))
    seed = int(os.environ.get("HISTORY_SEED", random.randrange(10**6)))
    first = random.randrange(10**12, 10**15)
    items, filler = range(first, first + 10), range(first + 1000, first + 3100)
    category = f"history-{uuid.uuid4().hex}"
    with cluster() as made:
        primary = made.primary()
        standbys = [made.standby(primary, name) for name in ("left", "right")]
        writing, owner, superuser = (
            primary.url(f"TRIPTYCH_{role}DATABASE_URL") for role in ("", "OWNER_", "SUPERUSER_")
        )
        with psycopg.connect(writing, autocommit=True) as connection:
            connection.execute("INSERT INTO categories (slug, name) VALUES (%s, 'History')", [category])
            connection.execute(
                "INSERT INTO items (id, name, description, price) SELECT id, 'filler', repeat('x', 300), 1"
                " FROM generate_series(%s::bigint, %s::bigint) AS id",
                [filler[0], filler[-1]],
            )
        writers = [Writer(writing, items, filler, category, seed + number, 0.02) for number in range(4)]
        settings = {"CACHE_MEMORY_MB": "1"}
        with scene([primary], standbys, **settings) as one, scene([primary], standbys, **settings) as other:
            readers = Readers([one.service.port, other.service.port], items, filler, category, seed)

            async def read() -> None:
                until = time.monotonic() + seconds
                await asyncio.gather(*(readers.read(number, lambda: time.monotonic() >= until) for number in range(6)))

            for writer in writers:
                writer.start()
            with trouble(
                (1, lambda: mistreat(standbys, primary)),
                (5, lambda: run(superuser, KILL)),
                (9, lambda: run(owner, "INSERT INTO item_change (op) VALUES ('T')")),
            ):
                asyncio.run(read())
            for writer in writers:
                writer.stop()
        acknowledged: dict[tuple[int, State], float] = {}
        for writer in writers:
            acknowledged.update(writer.acknowledged)
        verdict = judge(written(writing, items), acknowledged, readers.seen, BOUND)
    ages = sorted(verdict.ages)
    print(
        f"seed {seed}: {sum(writer.commits for writer in writers)} commits, {len(ages)} reads,"
        f" {readers.refused} refused, age p99 {ages[len(ages) * 99 // 100] * 1000:.0f} ms,"
        f" worst {ages[-1] * 1000:.0f} ms"
    )
    assert len(ages) > 50 * seconds
    assert not verdict.faults, "\n".join(verdict.faults)
