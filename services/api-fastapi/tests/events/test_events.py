"""What is told, to whom."""

import re
import uuid
from typing import Any

import psycopg
import pytest

from tests.conftest import MakeItem
from tests.events.conftest import Rename
from tests.events.follower import PATH, Follower
from tests.running import Service, eventually, running


def test_each_change_is_told_with_the_item_as_it_is_read(
    worker: Service, category: str, make_item: MakeItem, rename: Rename, writer: psycopg.Connection[Any]
) -> None:
    with Follower(worker.port, f"?category={category}").joined() as follower:
        item = make_item("line\nbreak \u2028 \N{ROCKET}")
        made = follower.next()
        assert (made.kind, made.data) == ("changed", worker.ask(f"/api/items/{item}/").json())
        rename(item, "renamed")
        renamed = follower.next()
        assert (renamed.kind, renamed.data["name"]) == ("changed", "renamed")
        assert renamed.data["version"] > made.data["version"]
        writer.execute("DELETE FROM items WHERE id = %s", [item])
        deleted = follower.next()
        assert (deleted.kind, deleted.data.keys(), deleted.data["id"]) == ("deleted", {"id", "version"}, item)
        assert deleted.data["version"] > renamed.data["version"]


def test_many_changes_of_one_transaction_are_told_in_their_order(
    worker: Service, category: str, make_item: MakeItem, rename: Rename, writer: psycopg.Connection[Any]
) -> None:
    items = [make_item() for _ in range(500)]
    with Follower(worker.port, f"?category={category}").joined().past(items[0], rename) as follower:
        writer.execute("UPDATE items SET price = 2 WHERE category = %s", [category])
        told = [follower.next().data for _ in items]
    assert {item["id"] for item in told} == set(items)
    assert [item["version"] for item in told] == sorted(item["version"] for item in told)


def test_only_items_of_the_category_are_told_and_those_that_leave_it(
    worker: Service, category: str, make_item: MakeItem, rename: Rename, writer: psycopg.Connection[Any]
) -> None:
    other = f"other-{uuid.uuid4().hex}"
    writer.execute("INSERT INTO categories (slug, name) VALUES (%s, 'Other')", [other])
    ours, theirs, moving, leaving = (make_item(str(number)) for number in range(4))
    writer.execute("UPDATE items SET category = %s WHERE id = ANY(%s)", [other, [theirs, moving]])
    with Follower(worker.port, f"?category={category}").joined().past(ours, rename) as follower:
        rename(theirs, "not ours")
        rename(ours, "ours")
        assert follower.next().data["name"] == "ours"
        writer.execute("UPDATE items SET category = %s WHERE id = %s", [category, moving])
        assert follower.next().data["id"] == moving
        for id_, to in ((moving, other), (leaving, None)):
            writer.execute("UPDATE items SET category = %s WHERE id = %s", [to, id_])
            left = follower.next()
            assert (left.kind, left.data["id"], left.data["category"]) == ("changed", id_, to)
        writer.execute("DELETE FROM items WHERE id = ANY(%s)", [[theirs, leaving]])
        writer.execute("DELETE FROM items WHERE id = %s", [ours])
        assert (follower.next().data["id"], follower.last_id != "") == (ours, True)


def test_only_the_items_named_are_told(
    worker: Service, make_item: MakeItem, category: str, rename: Rename, writer: psycopg.Connection[Any]
) -> None:
    one, two, three = (make_item() for _ in range(3))
    with (
        Follower(worker.port, f"?ids={one},{three},{one}").joined().past(one, rename) as follower,
        Follower(worker.port, f"?ids={one},{two}&category={category}").joined().past(two, rename) as both,
    ):
        writer.execute("UPDATE items SET category = NULL WHERE id = %s", [one])
        left = both.next().data
        assert (left["id"], left["category"]) == (one, None)
        rename(two, "two")
        rename(one, "one")
        rename(three, "three")
        assert [event.data["id"] for event in follower.until(three, "three")][-2:] == [one, three]
        assert [event.data["id"] for event in both.until(two, "two")] == [two]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?page=1", {"page"}),
        ("?category=A", {"category"}),
        ("?category=a&category=a", {"category"}),
        ("?ids=", {"ids"}),
        ("?ids=0", {"ids"}),
        ("?ids=1,", {"ids"}),
        ("?ids=9223372036854775808", {"ids"}),
        ("?ids=" + ",".join(["1"] * 101), {"ids"}),
        ("?last_event_id=%00", {"last_event_id"}),
        ("?last_event_id=a.b&limit=1&ids=x", {"last_event_id", "limit", "ids"}),
    ],
)
def test_what_is_wrong_with_the_query_is_said_in_one_problem(worker: Service, query: str, names: set[str]) -> None:
    answer = worker.ask(PATH + query)
    assert (answer.status, answer.headers["cache-control"]) == (400, "no-store")
    assert answer.json()["type"] == "urn:triptych:problem:invalid-parameter"
    assert answer.json()["errors"].keys() == names


def test_the_head_says_what_it_is(worker: Service) -> None:
    with Follower(worker.port) as follower:
        got = {name.lower(): value for name, value in follower.headers.items()}
    assert got.keys() == {
        "date", "content-type", "cache-control", "x-request-id", "x-served-by", "transfer-encoding", "x-accel-buffering"
    }  # fmt: skip
    assert got["x-accel-buffering"] == "no"  # a proxy in front passes each event at once
    assert (got["content-type"], got["cache-control"]) == ("text/event-stream", "no-store")
    head = worker.ask(PATH, "HEAD")
    assert (head.status, head.body, head.headers["content-type"]) == (200, b"", "text/event-stream")
    assert worker.ask(f"{PATH}?x=1", "HEAD").status == 400
    answer = worker.ask(PATH, "POST")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_one_more_than_the_worker_takes_is_asked_to_come_again(database_url: str) -> None:
    with running(database_url, EVENT_LISTENERS_MAX="2") as service:
        first, second = Follower(service.port), Follower(service.port)
        retries = {told_to_come_again(service) for _ in range(5)}
        assert len(retries) > 1, retries
        assert service.ask(PATH, "HEAD").status == 200
        assert service.ask(f"{PATH}?ids=x").status == 400
        first.close()

        def joined() -> bool:
            with Follower(service.port) as fourth:
                return fourth.block() == [": changes of items", "retry: 1000"]

        eventually(joined)  # as soon as the worker has noticed
        second.close()


def told_to_come_again(service: Service) -> int:
    """Ask for a stream where there is no room, and return after how many milliseconds to ask again."""
    answer = service.ask(PATH, headers=[("Last-Event-ID", "x")])
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")
    assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-store", "no")
    told = re.fullmatch(rb": [a-z ]+\nretry: ([0-9]+)\n\n", answer.body)
    assert told, answer.body
    assert 2_000 <= int(told[1]) <= 30_000
    return int(told[1])
