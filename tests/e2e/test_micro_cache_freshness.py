"""A public read may be answered from the gateway's cache: 3 s old at most, and fresh for a client that asks for it."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.e2e.micro_cache import ONE_READ, PROMISED, Item, cached, let_pass, name_in
from tests.http_client import HttpClient
from tests.problems import assert_problem
from tests.ready import PREFIXES
from tests.wait import until

FRESH: list[dict[str, str]] = [
    {"Cache-Control": "no-cache"},
    {"Cache-Control": "max-age=60, No-Cache"},
    {"Cache-Control": "max-age=0"},
    {"Cookie": "triptych_fresh=1"},
    {"Cookie": "sessionid=abc; triptych_fresh=1"},
]


def test_a_second_read_is_answered_by_the_cache_as_the_first_was_by_the_service(
    gateway: HttpClient, item: Item
) -> None:
    first, hit = gateway.get(item.path), cached(gateway, item.path)
    assert first.header("X-Cache") == "MISS"
    assert (hit.body, hit.header("ETag")) == (first.body, first.header("ETag"))
    assert hit.header("X-Served-By") == first.header("X-Served-By") == "api-fastapi"


@pytest.mark.parametrize("pause", [0.0, 0.7, 1.4, 2.1, 2.8])
def test_what_was_committed_is_seen_in_three_seconds_however_often_it_is_read(
    pause: float, gateway: HttpClient, item: Item
) -> None:
    """Read all the time, so that the entry is hot; or only after a pause, in which nothing made it new."""
    cached(gateway, item.path)
    new = item.rename()
    committed = time.monotonic()
    let_pass(pause, since=committed)
    until(
        lambda: name_in(gateway.get(item.path)) == new,
        within=committed + PROMISED + ONE_READ - time.monotonic(),
        what="the new name is seen",
    )


def test_an_entry_that_was_idle_for_longer_is_not_handed_out(gateway: HttpClient, item: Item) -> None:
    cached(gateway, item.path)
    read = time.monotonic()
    new = item.rename()
    let_pass(PROMISED, since=read)
    assert name_in(gateway.get(item.path)) == new


def test_a_missing_item_is_there_as_soon_as_it_is_inserted(gateway: HttpClient, database: psycopg.Connection) -> None:
    row = database.execute("SELECT nextval(pg_get_serial_sequence('items', 'id'))").fetchone()
    assert row is not None
    path = f"/api/items/{row[0]}/"
    for _ in range(3):
        reply = gateway.get(path)
        assert_problem(reply, 404, "not-found")
        assert reply.header("X-Cache") == "MISS"
    database.execute("INSERT INTO items (id, name, description, price) VALUES (%s, 'New', '', 1)", row)
    until(lambda: gateway.get(path).status == 200, within=ONE_READ, what="the item is there")


@pytest.mark.parametrize("headers", FRESH, ids=str)
def test_who_asks_for_it_gets_what_was_committed_and_so_does_everybody_after(
    headers: dict[str, str], gateway: HttpClient, item: Item
) -> None:
    cached(gateway, item.path)
    new = item.rename()
    reply = gateway.get(item.path, headers)
    assert (name_in(reply), reply.header("X-Cache")) == (new, "BYPASS")
    after = gateway.get(item.path)
    assert (name_in(after), after.header("X-Cache")) == (new, "HIT")


@pytest.mark.parametrize("prefix", PREFIXES.values())
def test_a_pinned_read_is_never_answered_by_the_cache(prefix: str, gateway: HttpClient, item: Item) -> None:
    for _ in range(2):
        cached(gateway, item.path)
        reply = gateway.get(prefix + item.path, {"Cache-Control": "no-cache"})
        assert (name_in(reply), reply.header("X-Cache")) == (item.name, None)
        item.rename()


def test_many_who_want_the_same_at_once_make_one_request(url: str, database: psycopg.Connection) -> None:
    """Each of a few rounds wants something that is not there yet; a slow service may let a second request on."""
    clients = [HttpClient(url) for _ in range(8)]
    with ThreadPoolExecutor(len(clients)) as together:
        misses = []
        for _ in range(10):
            target = Item(database).path
            replies = list(together.map(lambda client, target=target: client.get(target), clients))
            assert len({reply.body for reply in replies}) == 1
            misses.append(sum(reply.header("X-Cache") == "MISS" for reply in replies))
    for client in clients:
        client.close()
    assert sorted(misses)[len(misses) // 2] <= 2, misses
