"""The fast lane answers what the declared routes would answer."""

import random
import re
import signal
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from api_fastapi.http import cursors
from tests.running import Answer, Service, eventually, running

from tests.conftest import MakeItem

TEXTS = [
    'Tee "茶" \u2028\N{ROCKET}',
    "a\tb\\/\x7f\u0001\x1f<é>",
    "plain",
    '{"id":1,"version":2,"created_at":"',
    "\b\f\r\n",
    "İß",
]
VARYING = ("date", "x-request-id")


@pytest.fixture(scope="module")
def cached(database_url: str) -> Iterator[Service]:
    """A service with a cache, which is ready."""
    with running(database_url, CACHE_MEMORY_MB="8") as service:
        eventually(lambda: service.ask("/readyz").status == 200)
        yield service


@pytest.fixture(scope="module")
def oracle(database_url: str) -> Iterator[Service]:
    """The declared routes."""
    with running(database_url, module="tests.oracle") as service:
        yield service


def all_of(answer: Answer) -> tuple[object, ...]:
    """Return what must be equal: all but the date and the request's id."""
    headers = [(name.lower(), value) for name, value in answer.headers.items() if name.lower() not in VARYING]
    return answer.status, tuple(sorted(headers)), answer.body


def generated(chance: random.Random, category: str, ids: list[int]) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Make up requests, most of them right."""
    prices = ["0", "1", "2.5", "2.50", "007", "99999999.99", "3"]
    for _ in range(400):
        method = chance.choice(["GET", "GET", "GET", "HEAD", "POST"] if chance.random() < 0.2 else ["GET"])
        headers = chance.choice(
            [[], [], [("If-None-Match", '"1", W/"x"')], [("If-None-Match", "*")], [("Cookie", "a=b")]]
        )
        if chance.random() < 0.3:
            odd = ["0", "01", str(2**63), str(2**63 - 1), "%31", "x", "1%0A", "1/"]
            number = str(chance.choice(ids)) if chance.random() < 0.7 else chance.choice(odd)
            yield method, f"/api/items/{number}/" + chance.choice(["", "", "?", "?&", "?x=1"]), headers
            continue
        parameters = [("category", category)]
        sorts = ["id", "-id", "name", "-name", "price", "-price", "updated_at", "-updated_at", "ID"]
        for name, values in {
            "limit": ["1", "2", "3", "200", "0", "x"],
            "sort": sorts,
            "min_price": prices,
            "max_price": prices,
            "q": ["plain", "t", "茶", " é ", "the thing", "!", "", "x" * 201, "%00", "İSS"],
            "page": ["1"],
        }.items():
            if chance.random() < (0.02 if name == "page" else 0.35):
                parameters.append((name, chance.choice(values)))
        if chance.random() < 0.02:
            parameters.append(chance.choice(parameters))
        chance.shuffle(parameters)
        yield method, "/api/items/?" + "&".join(f"{name}={quote(value)}" for name, value in parameters), headers


def test_the_lane_answers_byte_for_byte_what_the_routes_answer(
    cached: Service, oracle: Service, make_item: MakeItem, category: str, writer: psycopg.Connection[Any]
) -> None:
    ids = [
        make_item(text, text[::-1], str(n) + ".50", f"{category}-{n}" if n % 2 else None)
        for n, text in enumerate(TEXTS)
    ]
    writer.execute("UPDATE items SET created_at = '2024-02-29 23:00:00-05' WHERE id = %s", [ids[0]])
    settle(cached, ids)
    statuses = set()
    chance = random.Random(5)
    for method, target, headers in generated(chance, category, ids):
        expected = oracle.ask(target, method, headers)
        # asked of the database, then from the cache, then not a plain read
        for more in ([], [], [("X-Else", "1")]):
            answered = cached.ask(target, method, [*headers, *more])
            assert all_of(answered) == all_of(expected), (method, target, headers)
        tagged = [("If-None-Match", expected.headers["etag"] or "none")]
        assert all_of(cached.ask(target, method, tagged)) == all_of(oracle.ask(target, method, tagged)), target
        statuses.add(expected.status)
        link = expected.headers["link"]
        if link is not None and chance.random() < 0.5:
            following = "/api/items/" + link.removeprefix("<").partition(">")[0]
            assert all_of(cached.ask(following)) == all_of(oracle.ask(following)), following
    assert statuses == {200, 304, 400, 404, 405}


def settle(service: Service, ids: list[int]) -> None:
    """Wait until the service has heard of all that was written: then two reads are alike."""
    for item in ids:
        eventually(lambda item=item: len({all_of(service.ask(f"/api/items/{item}/")) for _ in range(3)}) == 1)  # type: ignore[misc]


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


@pytest.mark.parametrize("sort", ["price", "-price"])
@pytest.mark.parametrize("value", ["0.50", "1.50", "2.50", "3.50", "9.00"])
@pytest.mark.parametrize(
    "bounds", [{"min_price": "1.50"}, {"max_price": "3.5"}, {"min_price": "1.5", "max_price": "3"}]
)
def test_a_cursor_within_or_beyond_the_price_range_is_followed_alike(
    cached: Service, oracle: Service, make_item: MakeItem, category: str, sort: str, value: str, bounds: dict[str, str]
) -> None:
    ids = [make_item(price=f"{n}.50") for n in (0, 1, 1, 2, 3, 3, 4)]
    for item in (ids[2], 2**62):
        cursor = cursors.encode(sort, cursors.digest({"category": category, **bounds}), value, item)
        query = "&".join(f"{name}={given}" for name, given in bounds.items())
        target = f"/api/items/?category={category}&sort={sort}&limit=2&{query}&cursor={cursor}"
        assert all_of(cached.ask(target)) == all_of(oracle.ask(target)), target
