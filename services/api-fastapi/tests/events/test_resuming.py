"""Whoever comes back is told all that was missed, or that nobody knows."""

import random
import uuid
from base64 import urlsafe_b64encode
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from api_fastapi.events.event_id import InvalidPositionError, StreamPosition

from tests.conftest import MakeItem
from tests.events.conftest import Rename
from tests.events.follower import Follower
from tests.running import Service, eventually, running


def test_what_was_missed_is_told_once_by_any_worker(
    worker: Service,
    database_url: str,
    category: str,
    make_item: MakeItem,
    rename: Rename,
    writer: psycopg.Connection[Any],
) -> None:
    items = [make_item() for _ in range(3)]
    with Follower(worker.port, f"?category={category}").joined() as follower:
        follower.past(items[0], rename)
    for number in range(50):
        rename(items[1], f"missed {number}")
    writer.execute("DELETE FROM items WHERE id = %s", [items[2]])
    with running(database_url, CACHE_MEMORY_MB="8") as other:
        for service, query, header in (
            (worker, "", follower.last_id),
            (other, "", follower.last_id),
            (other, f"&last_event_id={follower.last_id}", None),
            # a browser that comes back hands on the header, and the address that it began with
            (worker, f"&last_event_id={uuid.uuid4().hex}", follower.last_id),
        ):
            with Follower(service.port, f"?category={category}{query}", header) as back:
                told = [back.next(), back.next()]
                assert [event.data["id"] for event in told] == items[1:]
                assert [event.kind for event in told] == ["changed", "deleted"]
                assert told[0].data["name"] == "missed 49"
                # and it goes on from there
                back.joined()
                rename(items[0], f"next {uuid.uuid4().hex}")
                assert back.next().data["name"].startswith("next")
        # now the one that was renamed meanwhile, too
        with Follower(worker.port, f"?category={category}", follower.last_id) as back:
            assert {back.next().data["id"] for _ in items} == set(items)


def test_a_change_that_commits_late_is_not_missed(
    worker: Service,
    database_url: str,
    category: str,
    make_item: MakeItem,
    rename: Rename,
    writer: psycopg.Connection[Any],
) -> None:
    early, late = make_item(), make_item()
    with psycopg.connect(writer.info.dsn, password=writer.info.password) as slow:
        slow.execute("UPDATE items SET name = 'late' WHERE id = %s", [late])
        with Follower(worker.port, f"?category={category}").joined() as follower:
            follower.past(early, rename)
        slow.commit()
    with Follower(worker.port, f"?category={category}", follower.last_id) as back:
        assert back.next().data["name"] == "late"


def test_who_comes_back_while_a_batch_is_made_is_told_all_of_it(
    database_url: str, make_item: MakeItem, rename: Rename, writer: psycopg.Connection[Any]
) -> None:
    one, other = make_item(), make_item()
    slow = {"FEED_POLL_MS": "500", "DATABASE_STATEMENT_TIMEOUT_MS": "60000", "CACHE_MEMORY_MB": "8"}
    with (
        running(database_url, **slow) as service,
        psycopg.connect(writer.info.dsn, password=writer.info.password) as locker,
        Follower(service.port, f"?ids={one}").joined().past(one, rename) as first,
    ):
        writer.execute("UPDATE items SET price = 2 WHERE id = ANY(%s)", [[one, other]])
        locker.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
        with suppress(AssertionError):  # the worker may have been quicker than the lock: then this shows less
            eventually(lambda: service.waiting(writer) == 1, 2)
        with Follower(service.port, f"?ids={other}", first.last_id) as second:
            locker.rollback()
            assert second.next().data["id"] == other


def test_who_is_cut_off_between_two_events_of_a_transaction_is_told_the_second(
    worker: Service, category: str, make_item: MakeItem, rename: Rename, writer: psycopg.Connection[Any]
) -> None:
    items = [make_item() for _ in range(5)]
    with Follower(worker.port, f"?category={category}").joined().past(items[0], rename) as follower:
        writer.execute("UPDATE items SET price = 2 WHERE category = %s", [category])
        first = follower.next()
    with Follower(worker.port, f"?category={category}", first.id) as back:
        again = [back.next().data["id"] for _ in items]
    assert set(items) == set(again)


def forged() -> list[str]:
    incarnation = bytes(12)
    return [
        "0",
        "x" * 5000,
        "\N{LATIN SMALL LETTER E WITH ACUTE}",
        StreamPosition(incarnation, "5:9:6,7").encode().decode(),  # of another database
        urlsafe_b64encode(b"\x02" + incarnation + b"5:0:").rstrip(b"=").decode(),
        urlsafe_b64encode(b"\x01" + incarnation + b"5:9:7,6").rstrip(b"=").decode(),
    ]


@pytest.mark.parametrize("last_event_id", forged(), ids=range(len(forged())))
def test_an_id_that_is_not_ours_is_answered_with_a_resync(
    worker: Service, category: str, make_item: MakeItem, last_event_id: str
) -> None:
    with Follower(worker.port, f"?category={category}", last_event_id) as follower:
        told = follower.next()
        assert (told.kind, told.data) == ("resync", {})
        follower.joined()
        item = make_item()
        assert follower.next().data["id"] == item


def test_a_position_of_the_future_or_trimmed_is_answered_with_a_resync(
    worker: Service, category: str, make_item: MakeItem, owner: psycopg.Connection[Any]
) -> None:
    with Follower(worker.port).joined() as follower:
        here = StreamPosition.decode(follower.last_id)
    xmin = int(here.snapshot.partition(":")[0])
    future = StreamPosition(here.incarnation, f"{xmin + 10**9}:{xmin + 10**9}:").encode().decode()
    with Follower(worker.port, "", future) as back:
        assert back.next().kind == "resync"
    make_item()
    trimmed = owner.execute("SELECT trimmed::text FROM item_feed_state").fetchone()
    assert trimmed is not None
    ahead = "UPDATE item_feed_state SET trimmed = pg_current_xact_id()"
    owner.execute(ahead)
    try:
        with Follower(worker.port, "", follower.last_id) as back:
            assert back.next().kind == "resync"
    finally:
        owner.execute("UPDATE item_feed_state SET trimmed = %s::text::xid8", trimmed)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE item_feed_life SET token = gen_random_uuid()", "INSERT INTO item_change (op) VALUES ('T')"],
    ids=["crash or fail-over", "truncated"],
)
def test_who_follows_while_the_feed_loses_its_thread_is_told_to_read_again(
    worker: Service, category: str, make_item: MakeItem, owner: psycopg.Connection[Any], statement: str
) -> None:
    with Follower(worker.port, f"?category={category}").joined() as follower:
        before = follower.last_id
        owner.execute(statement)
        assert follower.next().kind == "resync"
        item = make_item()
        assert follower.next().data["id"] == item
    with Follower(worker.port, f"?category={category}", before) as back:
        assert back.next().kind == "resync"


def test_an_id_leads_back_to_the_position() -> None:
    chance = random.Random(7)
    for _ in range(500):
        xmin = chance.randrange(1, 2 ** chance.randrange(2, 62))
        running_ = sorted({xmin, *(xmin + chance.randrange(1, 300) for _ in range(chance.randrange(20)))})
        xmax = running_[-1] + chance.randrange(1, 5)
        position = StreamPosition(chance.randbytes(12), f"{xmin}:{xmax}:{','.join(map(str, running_))}")
        assert StreamPosition.decode(position.encode().decode()) == position
    many = ",".join(str(number) for number in range(10**6, 10**6 + 600))
    # too long for an id: an earlier position, which is right as well
    cut = StreamPosition.decode(StreamPosition(bytes(12), f"1000000:1000600:{many}").encode().decode())
    assert cut.snapshot == "1000000:1000000:"


def test_an_id_that_was_changed_anywhere_is_refused_or_is_another_position() -> None:
    chance = random.Random(8)
    position = StreamPosition(chance.randbytes(12), "1000:1004:1000,1002")
    good = position.encode().decode()
    for _ in range(2000):
        place = chance.randrange(len(good) + 1)
        bad = good[:place] + chance.choice("Aa0-_=+/.é\0 ") + good[place + chance.randrange(2) :]
        with suppress(InvalidPositionError):
            assert bad == good or StreamPosition.decode(bad) != position
