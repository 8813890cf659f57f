"""Clients that do not read, or send more; a worker that stops; a database that is away."""

import http.client
import secrets
import signal
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from tests.conftest import MakeItem
from tests.events.conftest import Rename
from tests.events.follower import Follower
from tests.running import Line, Service, eventually, running


def flood(writer: psycopg.Connection[Any], items: list[int], reader: Follower) -> int:
    """Write more than the system's buffers hold, at the pace of one who reads; return how many events that was."""
    rounds = 20
    for number in range(rounds):
        name, text = f"n{number}", secrets.token_hex(45_000)
        writer.execute("UPDATE items SET name = %s, description = %s WHERE id = ANY(%s)", [name, text, items])
        for _ in items:
            while reader.next().data["name"] != name:
                pass
    return rounds * len(items)


def test_a_slow_reader_is_told_to_read_again_and_disturbs_nobody(
    worker: Service, make_item: MakeItem, rename: Rename, writer: psycopg.Connection[Any]
) -> None:
    items = [make_item() for _ in range(5)]
    item, query = items[0], f"?ids={','.join(map(str, items))}"
    with (
        Follower(worker.port, query, receive_buffer=4096).joined() as slow,
        Follower(worker.port, query).joined() as quick,
    ):
        most = flood(writer, items, quick)
        rename(item, "the last")
        told = 1
        while slow.next().kind != "resync":
            told += 1
        assert told < most
        rename(item, "after")
        assert slow.until(item, "after")


def test_sigterm_ends_the_streams_and_the_worker(
    database_url: str, make_item: MakeItem, writer: psycopg.Connection[Any]
) -> None:
    items = [make_item() for _ in range(5)]
    query = f"?ids={','.join(map(str, items))}"
    with running(database_url, CACHE_MEMORY_MB="8") as service, ExitStack() as stack:
        eventually(lambda: service.ask("/readyz").status == 200)
        followers = [stack.enter_context(Follower(service.port, "?ids=1").joined()) for _ in range(20)]
        quick = stack.enter_context(Follower(service.port, query).joined())
        stack.enter_context(Follower(service.port, query, receive_buffer=4096).joined())
        flood(writer, items, quick)
        service.process.send_signal(signal.SIGTERM)
        # much less than the ten seconds that are given to requests
        assert service.process.wait(timeout=30) in (0, -signal.SIGTERM)
        for follower in followers:
            assert list(follower.blocks) == []  # a proper end; without its last chunk that would be IncompleteRead


def test_who_follows_can_ask_nothing_more_on_the_connection(worker: Service) -> None:
    again = b"GET /api/items/events/ HTTP/1.1\r\nHost: test\r\n\r\n"
    with Follower(worker.port).joined() as follower:
        follower.send(again)
        assert list(follower.blocks) == []
    with Follower(worker.port, " HTTP/1.1\r\nHost: test\r\n\r\nGET /livez") as pipelined:
        pipelined.joined()
    assert worker.ask("/livez").status == 200


def test_streams_outlive_a_database_that_is_away(
    database_url: str, line: Line, make_item: MakeItem, rename: Rename
) -> None:
    item = make_item()
    with running(line.through(database_url), CACHE_MEMORY_MB="8") as service:
        eventually(lambda: service.ask("/readyz").status == 200)
        with Follower(service.port, f"?ids={item}").joined() as follower:
            line.cut()
            eventually(lambda: service.ask("/readyz").status == 503)
            rename(item, "while it was away")
            with (
                Follower(service.port, f"?ids={item}") as fresh,
                Follower(service.port, f"?ids={item}", follower.last_id) as back,
            ):
                assert {fresh.status, back.status} == {200}
                line.connect()
                assert follower.next().data["name"] == "while it was away"
                assert back.next().data["name"] == "while it was away"
                rename(item, "later")
                for each in (follower, fresh, back):
                    assert each.until(item, "later")


def test_streams_begin_before_the_database_is_there(
    database_url: str, line: Line, make_item: MakeItem, rename: Rename
) -> None:
    item = make_item()
    line.cut()
    with (
        running(line.through(database_url), CACHE_MEMORY_MB="8") as service,
        Follower(service.port, f"?ids={item}") as follower,
    ):
        assert follower.status == 200
        line.connect()
        follower.joined()
        rename(item, "there")
        assert [event.kind for event in follower.until(item, "there")] == ["changed"]


@pytest.mark.long
def test_a_quiet_stream_gives_signs_of_life_from_which_it_resumes(worker: Service, make_item: MakeItem) -> None:
    with Follower(worker.port, "?ids=1").joined() as follower:
        begin = follower.last_id
        make_item()
        beat = follower.block()
        assert (beat[0], len(beat)) == (":", 2)
        assert follower.last_id != begin


@pytest.mark.long
def test_who_does_not_read_for_two_heartbeats_is_cut_off(
    worker: Service, make_item: MakeItem, writer: psycopg.Connection[Any]
) -> None:
    items = [make_item() for _ in range(5)]
    query = f"?ids={','.join(map(str, items))}"
    with (
        Follower(worker.port, query, receive_buffer=4096).joined() as slow,
        Follower(worker.port, query).joined() as quick,
    ):
        flood(writer, items, quick)
        for _ in range(3):
            assert quick.block()[0] == ":"
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            list(slow.blocks)
