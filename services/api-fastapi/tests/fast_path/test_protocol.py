"""What a client sends is answered as the stock parser has it answered, however it is cut into pieces."""

import asyncio
import re
from typing import Any

import pytest
import uvicorn
from api_fastapi import SERVICE
from api_fastapi.cache.coherent_cache import CoherentCache
from api_fastapi.cache.encoded_response import EncodedResponse, item_response
from api_fastapi.fast_path.middleware import FastPathMiddleware
from api_fastapi.fast_path.protocol import FastPathProtocol
from hypothesis import example, given, settings
from hypothesis import strategies as st
from triptych_shared.request_ids import ASGIRequestIds
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

# What would be a request if it stood between two messages; the second has bytes that no parser takes.
READ = b"GET /api/items/1/ HTTP/1.1\r\nHost: test\r\n\r\n"
ODD_READ = b"GET /api/items/?q=caf\xc3\xa9 HTTP/1.1\r\nHost: test\r\n\r\n"
MASKED_READ = b"GET /api/items/?q=caf~~ HTTP/1.1\r\nHost: test\r\n\r\n"
STEPS = 12  # of the event loop, in which a request is answered

targets = st.sampled_from(
    ["/api/items/1/", "/api/items/2/", "/api/items/3/", "/api/items/?q=caf~~", "/x?y=1", "/unread"]
)
bodies = st.lists(
    st.sampled_from([READ, ODD_READ, MASKED_READ, READ[:20], READ[20:], b"\r\n", b"0\r\n\r\n", b"\xff"]), max_size=4
).map(b"".join) | st.binary(max_size=40)
headers = st.lists(
    st.sampled_from(
        ["Accept: */*", "X-Request-Id: a", 'If-None-Match: "1"', "X-Else: caf\xe9", "Connection: keep-alive"]
    ),
    unique=True,
    max_size=3,
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """One request: without a body, with its length, or in chunks."""
    method = draw(st.sampled_from(["GET", "GET", "GET", "HEAD", "POST"]))
    version = draw(st.sampled_from(["1.1"] * 9 + ["1.0"]))
    lines = ["Host: test", *draw(headers)]
    framing = draw(st.sampled_from(["none", "length", "chunks"] if version == "1.1" else ["none", "length"]))
    body = draw(bodies) if framing != "none" else b""
    if framing == "length":
        lines.append(f"Content-Length: {len(body)}")
    elif framing == "chunks":
        lines.append("Transfer-Encoding: chunked")
        cut = draw(st.integers(0, len(body)))
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:cut], body[cut:]) if part) + b"0\r\n\r\n"
    lines += draw(st.sampled_from([[]] * 9 + [["Connection: close"]]))
    head = "\r\n".join([f"{method} {draw(targets)} HTTP/{version}", *lines, "", ""])
    return head.encode("latin-1") + body


@st.composite
def pieces(draw: st.DrawFn) -> list[tuple[bytes, int]]:
    """Requests one behind the other, cut anywhere, rather where something begins; after each piece a pause."""
    sent = b"".join(draw(st.lists(requests(), min_size=1, max_size=5)))
    begins = [match.start() for match in re.finditer(rb"GET |HEAD |POST |(?<=\r\n)[0-9a-f]+\r\n", sent)]
    cuts = draw(st.sets(st.sampled_from(begins) | st.integers(0, len(sent)), max_size=8))
    ends = [*sorted(cuts), len(sent)]
    parts = [sent[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return [(part, draw(st.sampled_from([0, 1, STEPS]))) for part in parts if part]


class Connection(asyncio.Transport):
    """A connection in memory, so that a piece arrives as one piece; keeps what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.reading, self.closing = True, False

    def write(self, data: Any) -> None:
        self.written += b"" if self.closing else bytes(data)

    def close(self) -> None:
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Router:
    """A database that has item 2, which takes it a moment."""

    async def item(self, item_id: int, fresh: bool = False) -> EncodedResponse | None:
        """Return the item, None where there is none."""
        for _ in range(3):
            await asyncio.sleep(0)
        return item_response(b"%d" % item_id, None, b"item %d" % item_id) if item_id < 3 else None

    def page(self, *_: Any) -> Any:
        """Return what brings a page."""
        return self.item(2)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Say what was asked, with which body; at `/unread` without waiting for it."""
    body, more = b"", scope["path"] != "/unread"
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    said = repr((scope["method"], scope["raw_path"], scope["query_string"], body)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(said))]})
    await send({"type": "http.response.body", "body": said})


CONFIG = uvicorn.Config(
    FastPathMiddleware(ASGIRequestIds(application, SERVICE)), lifespan="off", log_config=None, access_log=False
)


async def exchange(protocol_class: type[HttpToolsProtocol], sent: list[tuple[bytes, int]]) -> tuple[bytes, bool]:
    """Send the pieces; return what was written, but for what differs each time, and whether it was closed."""
    loop = asyncio.get_running_loop()
    cache = CoherentCache(1_000_000)
    cache.renew(loop.time() + 3600, "1:1:", [])
    assert cache.keep_item(cache.start(), 1, item_response(b"1", None, b"item 1"))
    protocol = protocol_class(CONFIG, ServerState(), {"cache": cache, "router": Router()}, loop)
    connection = Connection()
    protocol.connection_made(connection)
    for piece, pause in sent:
        for _ in range(STEPS * len(sent)):
            if connection.reading:
                break
            await asyncio.sleep(0)
        if connection.closing:
            break
        protocol.data_received(piece)
        for _ in range(pause):
            await asyncio.sleep(0)
    answered = None
    while answered != connection.written:
        answered = connection.written
        for _ in range(STEPS):
            await asyncio.sleep(0)
    closed = connection.closing
    protocol.connection_lost(None)
    await asyncio.gather(*protocol.tasks)
    written = re.sub(rb"(?i)x-request-id: [0-9a-f]{32}\r\n", b"", connection.written)
    return re.sub(rb"(?m)^[A-Za-z-]+(?=: )", lambda name: name[0].lower(), written), closed


def post(path: str, body: bytes) -> bytes:
    """Return the head of a POST of this body."""
    return b"POST %b HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(body))


def assert_answered_alike(sent: list[tuple[bytes, int]]) -> None:
    with asyncio.Runner() as loop:
        stock = loop.run(exchange(HttpToolsProtocol, sent))
        assert loop.run(exchange(FastPathProtocol, sent)) == stock


@settings(max_examples=60, deadline=None)
@given(pieces())
@example([(post("/x", ODD_READ), STEPS), (ODD_READ, STEPS), (MASKED_READ, 0)])
@example([(post("/unread", READ), STEPS), (READ, STEPS), (READ, 0)])
def test_requests_in_any_pieces_are_answered_as_with_the_stock_parser(sent: list[tuple[bytes, int]]) -> None:
    assert_answered_alike(sent)


@pytest.mark.long
@settings(max_examples=5_000, deadline=None)
@given(pieces())
def test_many_requests_in_any_pieces_are_answered_as_with_the_stock_parser(sent: list[tuple[bytes, int]]) -> None:
    assert_answered_alike(sent)
