"""Who gets what a read brings, when a change overtakes it."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Any

import psycopg
import pytest
from api_fastapi.cache.coherent_cache import CoherentCache, item_target
from api_fastapi.cache.encoded_response import item_response
from api_fastapi.cache.read_through import ReadThrough
from api_fastapi.change_feed.change import Change
from api_fastapi.database.libpq_pool import ConnectionPool
from api_fastapi.database.plans import GENERIC_PLAN
from api_fastapi.http.query_parameters import ItemQuery
from api_fastapi.settings import Settings
from psycopg.pq.abc import PGresult

from tests.conftest import MakeItem


class SlowPool(ConnectionPool):
    """Connections whose first answer comes when the test says so."""

    def hold(self) -> None:
        """Keep the next answer back."""
        self.there, self.released = asyncio.Event(), asyncio.Event()
        self.held = True

    async def run(self, name: bytes, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Run it, and wait."""
        result = await super().run(name, statement, values)
        if self.held:
            self.held = False
            self.there.set()
            await self.released.wait()
        return result


@pytest.mark.parametrize("kind", ["item", "list"])
@pytest.mark.parametrize("write", ["UPDATE items SET name = 'new' WHERE id = %s", "DELETE FROM items WHERE id = %s"])
def test_who_asks_after_a_change_never_gets_what_was_read_before_it(
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    make_item: MakeItem,
    category: str,
    writer: psycopg.Connection[Any],
    kind: str,
    write: str,
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    settings = Settings.from_environment()
    item = make_item("old")
    target = item_target(item) if kind == "item" else b"/api/items/?category=" + category.encode()

    async def scenario() -> None:
        cache = CoherentCache(2**20)
        cache.flush()
        cache.renew(monotonic(), "", ())
        pool = SlowPool(settings, 2, GENERIC_PLAN)
        pool.hold()
        reader = ReadThrough(pool, pool, cache)

        def ask() -> Any:
            return (
                reader.item(item)
                if kind == "item"
                else reader.page(target, ItemQuery.model_validate({"category": category}), None)
            )

        first = ask()
        there = asyncio.create_task(pool.there.wait())
        await asyncio.wait([there, first], return_when=asyncio.FIRST_COMPLETED)
        assert not first.done(), first.exception()
        writer.execute(write, [item])
        with psycopg.connect(database_url) as feed:
            changes = "SELECT tx::text::bigint, item_id, version FROM item_change WHERE item_id = %s ORDER BY seq DESC"
            row = feed.execute(changes, [item]).fetchone()
        assert row is not None
        cache.renew(monotonic(), "", [Change(*row)])
        second = ask()
        pool.released.set()
        before, after = await first, await second
        assert before is not None and b"old" in before.body
        assert after is None or b"old" not in after.body
        hit = cache.hit(target)
        assert hit is None or b"old" not in hit.body
        pool.abandon()

    asyncio.run(scenario())


class CountingPool(ConnectionPool):
    """Connections that count what they run."""

    statements = 0

    async def run(self, name: bytes, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Run it."""
        self.statements += 1
        return await super().run(name, statement, values)


def test_who_asks_as_a_read_departs_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, database_url: str, make_item: MakeItem
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    settings = Settings.from_environment()
    item = make_item()

    async def scenario() -> None:
        cache = CoherentCache(2**20)
        cache.renew(monotonic(), "", ())
        pool = CountingPool(settings, 2, GENERIC_PLAN)
        reader = ReadThrough(pool, pool, cache)
        asked = [reader.item(item)]
        # in each of the event loop's next rounds, in which the read departs, begins, and is sent
        for _ in range(4):
            asyncio.get_running_loop().call_soon(lambda: asked.append(reader.item(item)))
            await asyncio.sleep(0)
        answers = await asyncio.gather(*asked)
        assert len(answers) == 5
        assert all(answer is not None for answer in answers)
        assert pool.statements == 1
        pool.abandon()

    asyncio.run(scenario())


def test_who_connects_after_the_last_poll_shows_nothing_newer_beside_something_older(
    monkeypatch: pytest.MonkeyPatch, database_url: str, make_item: MakeItem, category: str
) -> None:
    # as after a crash, when the snapshot looks like the poll's and is not
    monkeypatch.setenv("DATABASE_URL", database_url)
    settings = Settings.from_environment()
    item = make_item("new")

    async def scenario() -> None:
        cache = CoherentCache(2**20)
        with psycopg.connect(database_url, autocommit=True) as connection:
            row = connection.execute("SELECT pg_current_snapshot()::text").fetchone()
        assert row is not None
        cache.renew(monotonic(), row[0], ())
        assert cache.keep_item(cache.start(), item, item_response(b"1", None, b"old"))
        pool = ConnectionPool(settings, 1, GENERIC_PLAN)
        reader = ReadThrough(pool, pool, cache)
        page = await reader.page(b"/api/items/?category=1", ItemQuery.model_validate({"category": category}), None)
        assert b"new" in page.body
        assert cache.hit(item_target(item)) is None
        pool.abandon()

    asyncio.run(scenario())
