"""Who has just written reads it, and requests on one connection are answered in their order."""

import re
import signal
import socket
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.running import Service, eventually, running

from tests.conftest import MakeItem


@pytest.fixture(scope="module")
def cached(database_url: str) -> Iterator[Service]:
    """A service with a cache, which is ready."""
    with running(database_url, CACHE_MEMORY_MB="8") as service:
        eventually(lambda: service.ask("/readyz").status == 200)
        yield service


def settle(service: Service, ids: list[int]) -> None:
    """Wait until the service has heard of all that was written: then two reads are alike."""
    for item in ids:
        eventually(lambda item=item: len({service.ask(f"/api/items/{item}/").body for _ in range(3)}) == 1)  # type: ignore[misc]


@pytest.mark.parametrize(
    "header",
    [
        ("Cache-Control", "no-cache"),
        ("Cache-Control", "max-age=0"),
        ("Cache-Control", "max-age=9, No-Cache"),
        ("Cookie", "a=b; triptych_fresh=1"),
    ],
)
@pytest.mark.parametrize("target", ["/api/items/{}/", "/api/items/?category={}"])
def test_who_has_just_written_reads_it(
    cached: Service,
    make_item: MakeItem,
    category: str,
    writer: psycopg.Connection[Any],
    header: tuple[str, str],
    target: str,
) -> None:
    item = make_item()
    target = target.format(category if "?" in target else item)
    for round_ in range(20):
        cached.ask(target)
        writer.execute("UPDATE items SET name = %s WHERE id = %s", [f"round {round_}", item])
        assert f"round {round_}".encode() in cached.ask(target, headers=[header]).body
        # and nobody is shown the old one again
        assert f"round {round_}".encode() in cached.ask(target).body


@pytest.mark.parametrize(
    "header",
    [("Cache-Control", "x-no-cache-x"), ("Cache-Control", "max-age=01"), ("Cookie", "not_triptych_fresh=1")],
)
def test_other_headers_do_not_pass_the_cache_by(
    cached: Service, make_item: MakeItem, writer: psycopg.Connection[Any], header: tuple[str, str]
) -> None:
    item = make_item()
    eventually(lambda: served_from_cache(cached, item, writer, header))


def served_from_cache(service: Service, item: int, writer: psycopg.Connection[Any], header: tuple[str, str]) -> bool:
    """Tell whether the item comes while nobody can read it in the database."""
    service.ask(f"/api/items/{item}/")
    with writer.transaction():
        writer.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
        return (
            service.ask("/livez").status == 200 and service.ask(f"/api/items/{item}/", headers=[header]).status == 200
        )


def test_requests_in_a_row_are_answered_in_their_order(cached: Service, make_item: MakeItem) -> None:
    items = [make_item(f"item {n}") for n in range(4)]
    settle(cached, items[:2])
    targets = [f"/api/items/{items[n]}/" for n in (0, 2, 1, 3, 0, 1)] + ["/livez", f"/api/items/{items[0]}/"]
    requests = [f"GET {target} HTTP/1.1\r\nHost: test\r\n" for target in targets]
    requests[-1] += "Connection: close\r\n"
    requests[1] += "Content-Length: 3\r\n"
    bodies = ["", "abc", *[""] * 6]
    with socket.create_connection(("127.0.0.1", cached.port), timeout=10) as connection:
        connection.sendall("".join(f"{head}\r\n{body}" for head, body in zip(requests, bodies, strict=True)).encode())
        answer = b""
        while more := connection.recv(65536):
            answer += more
    assert re.findall(rb'"name":"item (\d)"|("status":"ok")', answer) == [
        (b"0", b""), (b"2", b""), (b"1", b""), (b"3", b""), (b"0", b""), (b"1", b""), (b"", b'"status":"ok"'),
        (b"0", b""),
    ]  # fmt: skip


def test_what_follows_an_item_that_is_being_read_waits_for_it(
    cached: Service, database_url: str, make_item: MakeItem, writer: psycopg.Connection[Any]
) -> None:
    item = make_item("the item")
    plain = f"GET /api/items/{item}/ HTTP/1.1\r\nHost: test\r\n\r\n".encode()
    with (
        psycopg.connect(database_url, autocommit=True) as watcher,
        socket.create_connection(("127.0.0.1", cached.port), timeout=30) as connection,
    ):
        with writer.transaction():
            writer.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
            connection.sendall(plain)
            eventually(lambda: cached.waiting(watcher))
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: test\r\n\r\n" + plain)
            with socket.create_connection(("127.0.0.1", cached.port), timeout=30) as gone:
                gone.sendall(plain)  # and does not wait for it
            assert cached.ask("/livez").status == 200
        said = b""
        while said.count(b'"name":"the item"') < 2:
            more = connection.recv(65536)
            assert more, said
            said += more
    assert re.findall(rb'"name":"the item"|"status":"ok"', said) == [
        b'"name":"the item"', b'"status":"ok"', b'"name":"the item"',
    ]  # fmt: skip


def test_an_item_that_is_being_read_is_still_answered_after_sigterm(
    database_url: str, make_item: MakeItem, writer: psycopg.Connection[Any]
) -> None:
    item = make_item("the last")
    with (
        running(database_url) as service,
        psycopg.connect(database_url, autocommit=True) as watcher,
        socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection,
    ):
        with writer.transaction():
            writer.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
            connection.sendall(f"GET /api/items/{item}/ HTTP/1.1\r\nHost: test\r\n\r\n".encode())
            eventually(lambda: service.waiting(watcher))
            service.process.send_signal(signal.SIGTERM)
            eventually(lambda: refuses(service.port))
        said = b""
        while more := connection.recv(65536):
            said += more
    assert b'"name":"the last"' in said
    assert b"\r\nConnection: close\r\n" in said


def refuses(port: int) -> bool:
    """Tell whether nobody listens there any more."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) != 0
