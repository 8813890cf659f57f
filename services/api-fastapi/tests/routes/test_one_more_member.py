"""Nothing depends on which members of an item's JSON stand where: there may be more of them in the next release."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.events.follower import Follower
from tests.running import Service, eventually, running

from tests.conftest import MakeItem


@pytest.fixture(scope="module")
def worker(database_url: str) -> Iterator[Service]:
    """A service that is ready, whose items have more members; it polls so seldom that reads are ahead of the feed."""
    with running(database_url, "tests.one_more_member", CACHE_MEMORY_MB="8", FEED_POLL_MS="500") as service:
        eventually(lambda: service.ask("/readyz").status == 200)
        yield service


def test_changes_of_a_category_are_told(worker: Service, make_item: MakeItem, category: str) -> None:
    with Follower(worker.port, f"?category={category}").joined() as follower:
        item = make_item()
        told = follower.next()
        assert (told.kind, told.data["id"], told.data["before_version"]) == ("changed", item, 1)


def test_what_a_list_has_shown_an_item_does_not_take_back(
    worker: Service, make_item: MakeItem, category: str, writer: psycopg.Connection[Any]
) -> None:
    item = make_item("0")
    for number in range(1, 20):
        eventually(lambda: worker.ask(f"/api/items/{item}/").status == 200)
        writer.execute("UPDATE items SET name = %s WHERE id = %s", [str(number), item])
        page = worker.ask(f"/api/items/?category={category}", headers=[("Cache-Control", "no-cache")]).json()
        assert [row["name"] for row in page] == [str(number)]
        assert worker.ask(f"/api/items/{item}/").json()["name"] == str(number)


@pytest.mark.parametrize("sort", ["id", "-name", "price", "-updated_at"])
def test_every_page_names_the_next(worker: Service, make_item: MakeItem, category: str, sort: str) -> None:
    items = {make_item(f"item {number}", price=f"{number}.50") for number in range(5)}
    pages = worker.pages(f"/api/items/?category={category}&sort={sort}&limit=2")
    found = [row["id"] for page in pages for row in page.json()]
    assert len(found) == 5
    assert set(found) == items
