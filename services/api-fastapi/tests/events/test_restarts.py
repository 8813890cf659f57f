"""Nobody misses a change when the worker is killed, however many follow."""

import asyncio
import random
import signal
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.conftest import MakeItem
from tests.events.crowd import Member
from tests.running import eventually, running


class Writer:
    """Changes items all the time; `last` is the newest version of each, as committed."""

    def __init__(self, url: str, items: list[int], pause: float) -> None:
        self.last: dict[int, int] = {}
        self._url, self._items, self._pause = url, items, pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> "Writer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _write(self) -> None:
        chance = random.Random(5)
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._over.wait(self._pause):
                some = chance.sample(self._items, chance.choice([1, 1, 1, 5]))
                rows = connection.execute(
                    "UPDATE items SET price = %s WHERE id = ANY(%s) RETURNING id, version",
                    [chance.randrange(100), some],
                ).fetchall()
                self.last.update(rows)


async def everybody(members: list[Member], condition: Callable[[Member], bool]) -> None:
    """Wait until it holds for each of them."""
    async with asyncio.timeout(120):
        while not all(map(condition, members)):
            await asyncio.sleep(0.05)


async def live_through_restarts(
    url: str, database_url: str, category: str, items: list[int], count: int, restarts: int
) -> None:
    """Let `count` follow, kill the worker under writes, and see that each was told every item's last."""
    with running(database_url, CACHE_MEMORY_MB="8") as first:
        port = first.port
        await asyncio.to_thread(eventually, lambda: first.ask("/readyz").status == 200)
        members = [Member() for _ in range(count)]
        queries = [f"?category={category}", f"?ids={','.join(map(str, items))}"]
        following = [
            asyncio.create_task(member.follow(port, queries[number % 2])) for number, member in enumerate(members)
        ]
        with Writer(url, items, 0.01) as writer:
            service = first
            for restart in range(restarts):
                told = {member: sum(map(len, member.versions.values())) for member in members}
                await everybody(members, lambda one: sum(map(len, one.versions.values())) > told[one] + 5)  # noqa: B023
                service.process.send_signal(signal.SIGKILL)
                await asyncio.to_thread(service.process.wait)
                stack = running(database_url, CACHE_MEMORY_MB="8", BIND=f"127.0.0.1:{port}")
                service = await asyncio.to_thread(stack.__enter__)
                await everybody(members, lambda one: one.connections > restart + 1)  # noqa: B023
        await everybody(members, lambda one: one.is_up_to(writer.last))
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        stack.__exit__(None, None, None)
    for member in members:
        assert member.resyncs == 0
        assert all(versions == sorted(versions) for versions in member.versions.values())


@pytest.mark.parametrize(("count", "restarts"), [(50, 1), pytest.param(500, 3, marks=pytest.mark.long)])
def test_nobody_misses_a_change_when_the_worker_is_killed(
    database_url: str, category: str, make_item: MakeItem, writer: psycopg.Connection[Any], count: int, restarts: int
) -> None:
    items = [make_item() for _ in range(20)]
    url = psycopg.conninfo.make_conninfo(writer.info.dsn, password=writer.info.password)
    asyncio.run(live_through_restarts(url, database_url, category, items, count, restarts))
