"""What is answered past the parser, and what never is: an application behind the cache says who has answered."""

import http.client
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from time import monotonic
from typing import Any

import pytest
import uvicorn
from api_fastapi.cache.coherent_cache import CoherentCache
from api_fastapi.cache.encoded_response import item_response
from api_fastapi.fast_path.protocol import FastPathProtocol
from tests.running import eventually

PLAIN = b"GET /api/items/1/ HTTP/1.1\r\nHost: test\r\n\r\n"
FORWARDED = b"X-Forwarded-For: ::1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: test\r\n"


@asynccontextmanager
async def lifespan() -> Any:
    """Give the requests a cache that has one item, and is trusted for an hour."""
    cache = CoherentCache(1_000_000)
    cache.renew(monotonic() + 3600, "1:1:", [])
    assert cache.keep_item(cache.start(), 1, item_response(b"1", None, b"from the cache"))
    yield {"cache": cache}


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Read the whole body, except at `/unread`, and answer with the method and the body's length."""
    if scope["type"] == "lifespan":
        async with lifespan() as state:
            scope["state"].update(state)
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    length, more = 0, scope["path"] != "/unread"
    while more:
        message = await receive()
        length, more = length + len(message["body"]), message["more_body"]
    body = b"%b of %d" % (scope["method"].encode(), length)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def serving(keep_alive: int) -> Iterator[int]:
    """Run uvicorn with our protocol in a thread; yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        application, http=FastPathProtocol, loop="uvloop", lifespan="on", log_config=None, timeout_keep_alive=keep_alive
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=[[listener]])
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(15)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server that is as patient as ours."""
    with serving(75) as port:
        yield port


@pytest.fixture
def connection(port: int) -> Iterator[socket.socket]:
    """A connection to it."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def answer(connection: socket.socket, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
    """Return the next answer; nothing may have been asked after it."""
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    return response, response.read()


def taken(connection: socket.socket) -> bool:
    """Tell whether the server has read all that was sent: nothing waits at its end of the connection."""
    here, there = (f"0100007F:{end[1]:04X}" for end in (connection.getsockname(), connection.getpeername()))
    with open("/proc/net/tcp", encoding="ascii") as table:
        ends = [line.split() for line in table][1:]
    # the table changes while it is read, and may list a connection twice
    queues = [end[4] for end in ends if end[1:3] == [there, here]][-1]
    unsent = [end[4] for end in ends if end[1:3] == [here, there]][-1]
    return queues.endswith(":00000000") and unsent.startswith("00000000:")


@pytest.mark.parametrize(
    "headers",
    [
        b"Host: test\r\n",
        b"Host: test\r\nX-Request-Id: abc\r\n" + FORWARDED,
        b"Host: test\r\nUser-Agent: curl/8\r\nAccept: */*\r\n",
        b"X-Request-Id: abc\r\nHost: test\r\nConnection: keep-alive\r\nAccept-Encoding: br\r\nAccept-Language: *\r\n",
    ],
)
def test_a_plain_read_is_answered_from_the_cache(connection: socket.socket, headers: bytes) -> None:
    ids = set()
    for _ in range(3):
        connection.sendall(b"GET /api/items/1/ HTTP/1.1\r\n" + headers + b"\r\n")
        response, body = answer(connection)
        assert (response.status, body) == (200, b"from the cache")
        assert response.headers["etag"] == '"1"'
        assert response.headers["x-served-by"] == "api-fastapi"
        assert response.headers["date"]
        ids.add(response.headers["x-request-id"])
    assert ids == {"abc"} if b"X-Request-Id" in headers else len(ids) == 3


@pytest.mark.parametrize(
    "request_",
    [
        PLAIN.replace(b"GET", b"HEAD"),
        PLAIN.replace(b"GET", b"POST"),
        PLAIN.replace(b"/1/", b"/1/?"),
        *(
            PLAIN.replace(b"test\r\n", b"test\r\n" + line + b"\r\n")
            for line in (
                b"If-None-Match: *",
                b"Cookie: triptych_fresh=1",
                b"Cache-Control: no-cache",
                b"Authorization: Bearer x",
                b"Content-Length: 0",
                b"Connection: close",
                b"Connection: upgrade\r\nUpgrade: h2c",
                b"X-Request-Id: a b",
                b"X-Request-Id: a\r\nX-Request-Id: b",
                b"x-request-id: lower",
                b"Accept:no-space",
                b"Accept: caf\xc3\xa9",
                b"X-Else: 1",
            )
        ),
    ],
)
def test_everything_else_goes_to_the_application(connection: socket.socket, request_: bytes) -> None:
    connection.sendall(request_)
    method = request_.split(b" ")[0].decode()
    response, body = answer(connection, method)
    assert response.status == 200
    assert body == (b"" if method == "HEAD" else b"%b of 0" % method.encode())


@pytest.mark.parametrize("line", [b"A B: 1", b"Host : test", b" folded", b"Host: a\x00b", b"Content-Length: 1x"])
def test_what_is_no_request_is_still_refused(connection: socket.socket, line: bytes) -> None:
    connection.sendall(PLAIN)
    answer(connection)
    connection.sendall(PLAIN.replace(b"test\r\n", b"test\r\n" + line + b"\r\n"))
    response, body = answer(connection)
    assert (response.status, response.headers["content-type"]) == (400, "application/problem+json")
    assert json.loads(body)["type"] == "urn:triptych:problem:invalid-parameter"
    assert (response.headers["x-served-by"], response.headers["connection"]) == ("api-fastapi", "close")
    assert connection.recv(1) == b""


@pytest.mark.parametrize(
    ("before", "after", "answered"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(PLAIN), b"", b"POST of %d" % len(PLAIN)),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\na" % (len(PLAIN) + 2), b"z", b"POST of %d" % (len(PLAIN) + 2)),
        (
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(PLAIN),
            b"\r\n0\r\n\r\n",
            b"POST of %d" % len(PLAIN),
        ),
        (b"GET / HTTP/1.1\r\nX-Else: ", b"", b"GET of 0"),
    ],
)
def test_what_looks_like_a_read_within_another_request_is_a_part_of_it(
    connection: socket.socket, before: bytes, after: bytes, answered: bytes
) -> None:
    for first in (b"", PLAIN):
        if first:
            connection.sendall(first)
            assert answer(connection)[1] == b"from the cache"
        connection.sendall(before)
        eventually(lambda: taken(connection))
        connection.sendall(PLAIN)
        if after:
            eventually(lambda: taken(connection))
            connection.sendall(after)
        assert answer(connection)[1] == answered
    connection.sendall(PLAIN)
    assert answer(connection)[1] == b"from the cache"


def test_the_head_after_a_100_continue_is_spelled_as_every_other(connection: socket.socket) -> None:
    connection.sendall(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx")
    said = b""
    while more := connection.recv(65536):
        said += more
    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert b"\r\nContent-Length: 9\r\n" in said


def test_a_body_that_nobody_reads_is_not_taken_for_a_read(connection: socket.socket) -> None:
    connection.sendall(b"POST /unread HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(PLAIN))
    assert answer(connection)[1] == b"POST of 0"
    connection.sendall(PLAIN)
    eventually(lambda: taken(connection))
    connection.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert answer(connection)[1] == b"GET of 0"


def test_a_read_in_two_pieces_and_two_in_one_are_answered_in_their_order(connection: socket.socket) -> None:
    connection.sendall(PLAIN[:20])
    eventually(lambda: taken(connection))
    connection.sendall(PLAIN[20:] + PLAIN.replace(b"GET", b"POST") + PLAIN)
    said = b""
    while said.count(b" of 0") < 3:
        more = connection.recv(65536)
        assert more, said
        said += more
    assert re.findall(rb"(GET|POST) of 0", said) == [b"GET", b"POST", b"GET"]


def test_a_connection_is_closed_when_it_is_idle_and_not_while_it_is_used() -> None:
    with serving(1) as port, socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        until = monotonic() + 2.5
        while monotonic() < until:
            connection.sendall(PLAIN)
            assert answer(connection)[1] == b"from the cache"
        assert connection.recv(1) == b""
