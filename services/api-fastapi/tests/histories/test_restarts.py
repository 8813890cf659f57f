"""Writes go on while the feed's connections are killed and Postgres restarts: nothing goes back, nothing stays old."""

import asyncio
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import psycopg
import pytest

from tests.clusters import READER, SUPERUSER, WRITER, Cluster, cluster
from tests.histories.judging import State, judge
from tests.histories.reading import Readers
from tests.histories.writing import Writer, written
from tests.running import eventually, running

# Seconds. What a worker answers from its cache was never reported older than its lease, however busy the machine is:
# nothing is added for that.
BOUND = 2.0


@pytest.fixture
def ground() -> Iterator[Cluster]:
    """A Postgres that may be restarted."""
    with cluster() as ground:
        yield ground


def kill_the_feed(ground: Cluster) -> None:
    """End the worker's connection to the feed; it makes another one soon."""
    statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'api-fastapi feed'"
    with psycopg.connect(ground.url(SUPERUSER), autocommit=True) as superuser:
        eventually(lambda: superuser.execute(statement).fetchone())


def restart(ground: Cluster, mode: str) -> None:
    """Restart Postgres, after it was stopped in order (`fast`) or has crashed (`immediate`)."""
    ground.stop(mode)
    ground.start()


def endure(ground: Cluster, writes: int, kills: int, restarts: int) -> None:
    """Make all of that happen, spread evenly over the writes, and judge what one worker has shown."""
    seed = int(os.environ.get("HISTORY_SEED", random.randrange(10**6)))
    items, filler = range(1, 11), range(1001, 3101)
    with psycopg.connect(ground.url(WRITER), autocommit=True) as connection:
        connection.execute("INSERT INTO categories (slug, name) VALUES ('restarts', 'Restarts')")
        connection.execute(
            "INSERT INTO items (id, name, description, price) SELECT id, 'filler', repeat('x', 300), 1"
            " FROM generate_series(%s::bigint, %s::bigint) AS id",
            [filler[0], filler[-1]],
        )
    trouble: list[tuple[float, int, Callable[[], None]]] = [
        (writes * n / (kills + 1), 0, partial(kill_the_feed, ground)) for n in range(1, kills + 1)
    ]
    for n in range(1, restarts + 1):
        trouble.append((writes * n / (restarts + 1), 1, partial(restart, ground, "immediate" if n % 2 else "fast")))
    trouble.sort(key=lambda each: each[:2])
    writers = [Writer(ground.url(WRITER), items, filler, "restarts", seed + number, 0.01) for number in range(4)]

    def committed() -> int:
        return sum(writer.commits for writer in writers)

    with running(ground.url(READER), CACHE_MEMORY_MB="1", DATABASE_STATEMENT_TIMEOUT_MS="1000") as worker:
        eventually(lambda: worker.ask("/readyz").status == 200)
        readers = Readers([worker.port], items, filler, "restarts", seed)
        over = threading.Event()

        async def read() -> None:
            await asyncio.gather(*(readers.read(number, over.is_set) for number in range(4)))

        reading = threading.Thread(target=lambda: asyncio.run(read()))
        reading.start()
        for writer in writers:
            writer.start()
        began = time.monotonic()
        try:
            for due, _, make in trouble:
                eventually(lambda due=due: committed() >= due, 120)  # type: ignore[misc]
                make()
            eventually(lambda: committed() >= writes, 120)
        finally:
            for writer in writers:
                writer.stop()
            over.set()
            reading.join()
        # and when all is over it has everything
        eventually(lambda: worker.ask("/readyz").status == 200)
    acknowledged: dict[tuple[int, State], float] = {}
    for writer in writers:
        acknowledged.update(writer.acknowledged)
    verdict = judge(written(ground.url(WRITER), items), acknowledged, readers.seen, BOUND)
    ages = sorted(verdict.ages)
    print(
        f"seed {seed}: {committed()} commits in {time.monotonic() - began:.0f} s, {kills} kills, {restarts} restarts,"
        f" {len(ages)} reads, {readers.refused} refused, age p99 {ages[len(ages) * 99 // 100] * 1000:.0f} ms,"
        f" worst {ages[-1] * 1000:.0f} ms"
    )
    assert len(ages) > writes / 5  # also on a machine that has much else to do
    assert verdict.faults == []


def test_a_few_restarts(ground: Cluster) -> None:
    endure(ground, 500, 10, 2)


@pytest.mark.long
def test_many_restarts(ground: Cluster) -> None:
    """HISTORY_WRITES, HISTORY_KILLS and HISTORY_RESTARTS say how many (10,000, 200 and 20)."""
    numbers = {"WRITES": 10_000, "KILLS": 200, "RESTARTS": 20}
    writes, kills, restarts = (int(os.environ.get(f"HISTORY_{name}", many)) for name, many in numbers.items())
    endure(ground, writes, kills, restarts)
