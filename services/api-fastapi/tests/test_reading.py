"""Who gets what a read brings, when a change overtakes it."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Any

import psycopg
import pytest
from api_fastapi.cache import Cache, Change, item_target
from api_fastapi.links import Links
from api_fastapi.parameters import ItemQuery
from api_fastapi.reading import Reader
from api_fastapi.settings import Settings
from psycopg.pq.abc import PGresult

from tests.conftest import MakeItem


class SlowLinks(Links):
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
        cache = Cache(2**20)
        cache.flush()
        cache.renew(monotonic(), "", ())
        links = SlowLinks(settings, 2, "force_generic_plan")
        links.hold()
        reader = Reader(links, links, cache)

        def ask() -> Any:
            return (
                reader.item(item)
                if kind == "item"
                else reader.page(target, ItemQuery.model_validate({"category": category}), None)
            )

        first = ask()
        await links.there.wait()
        writer.execute(write, [item])
        with psycopg.connect(database_url) as feed:
            changes = "SELECT tx::text::bigint, item_id, version FROM item_change WHERE item_id = %s ORDER BY seq DESC"
            row = feed.execute(changes, [item]).fetchone()
        assert row is not None
        cache.renew(monotonic(), "", [Change(*row)])
        second = ask()
        links.released.set()
        before, after = await first, await second
        assert before is not None and b"old" in before.body
        assert after is None or b"old" not in after.body
        hit = cache.hit(target)
        assert hit is None or b"old" not in hit.body
        links.close()

    asyncio.run(scenario())
