"""HTTP as uvicorn speaks it, but for answers from the cache, raw bytes beyond ASCII, and answers in one piece."""

import asyncio
import re
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api_fastapi import SERVICE
from api_fastapi.asked import asked
from api_fastapi.cache import Cache
from api_fastapi.events.listeners import CONNECTION, Connection, Listener

_REQUEST_LINE = re.compile(rb"[A-Z]+ ([^ \r\n]+) HTTP/1\.[01]\r\n")
# No path of ours has a tilde.
_MASK = bytes(range(128)) + b"~" * 128


_EVENTS = b"/api/items/events/"
# Seconds for a stream's last bytes to leave.
_LINGER = 0.5

_TAIL = b"\r\nx-served-by: " + SERVICE.encode() + b"\r\n\r\n"


class _Answered:
    """What uvicorn looks at of a request that is over."""

    response_complete = True
    keep_alive = True

    class message_event:  # noqa: N801
        @staticmethod
        def set() -> None:
            """Wake nobody."""


class Protocol(HttpToolsProtocol):
    """Answer what the cache has as soon as the headers are there, without a task and events for the application.

    Targets with raw bytes beyond ASCII go to the application, which names the parameters that hold them. The parser
    would answer them itself, with a 400 that is no problem response. It gets a masked target of the same length, so
    that nothing a client sends can shift where it sees a request end.
    """

    _target: bytes | None = None
    # who follows the changes on this connection
    listener: Listener | None = None
    stopping = False
    # the head that all answers of this second have, and the headers of uvicorn's that it was made from
    _date: tuple[object, bytes] = (None, b"")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Write through a transport that joins an answer's head and body."""
        super().connection_made(cast(asyncio.Transport, _JoiningTransport(transport, self.loop)))

    def data_received(self, data: bytes) -> None:
        """Feed the parser; nginx sends the head of a request in one piece, so its line is looked for at the start."""
        if not data.isascii() and (line := _REQUEST_LINE.match(data)) and not line[1].isascii():
            self._target = line[1]
            data = data[: line.start(1)] + line[1].translate(_MASK) + data[line.end(1) :]
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Answer from the cache, or put the query string back and let the application answer."""
        if self.listener is not None:
            return self.listener.end()  # who follows can ask nothing more on that connection
        if self._target is None and self._answer_at_once():
            return None
        super().on_headers_complete()
        if self._target is not None and self._target.translate(_MASK) == self.url:
            self.scope["query_string"] = self._target.partition(b"?")[2]
        self._target = None
        if self.url.startswith(_EVENTS):
            self.scope["extensions"] = {CONNECTION: cast(Any, StreamConnection(self, self.cycle))}
        return None

    def pause_writing(self) -> None:
        """Send a stream nothing more while its client does not read."""
        super().pause_writing()
        if self.listener is not None:
            self.listener.pause()

    def resume_writing(self) -> None:
        """Let a stream go on."""
        super().resume_writing()
        if self.listener is not None:
            self.listener.resume()

    def shutdown(self) -> None:
        """End a stream, which has no end of its own; its client connects again, to another process."""
        self.stopping = True
        if self.listener is not None:
            self.listener.end()
        super().shutdown()

    def _answer_at_once(self) -> bool:
        """Answer if the cache can, and nothing is special about the request or goes on on the connection."""
        cache: Cache = self.app_state["cache"]
        answer = cache.hit(self.url)
        if (
            answer is None
            or (self.cycle is not None and not self.cycle.response_complete)
            or (method := self.parser.get_method()) not in (b"GET", b"HEAD")
            or self.parser.get_http_version() != "1.1"
            or not self.parser.should_keep_alive()
            or self.parser.should_upgrade()
            or self.flow.write_paused
        ):
            return False
        ask = asked(self.headers)
        if ask.fresh or ask.body:
            return False
        if ask.if_none_match is not None and ask.has(answer):
            content = (b"HTTP/1.1 304 Not Modified\r\n", self._head(), answer.head_of_304)
            body = b""
        else:
            content = (b"HTTP/1.1 200 OK\r\n", self._head(), answer.head)
            body = answer.body if method == b"GET" else b""
        transport = cast(_JoiningTransport, self.transport)
        transport.write_whole(b"".join((*content, b"x-request-id: ", ask.request_id, _TAIL, body)))
        self.cycle = cast(Any, _Answered)
        self.on_response_complete()
        return True

    def _head(self) -> bytes:
        """Return the lines that uvicorn puts on every answer: the date."""
        headers = self.server_state.default_headers
        if Protocol._date[0] is not headers:
            lines = b"".join(b"%b: %b\r\n" % header for header in headers)
            Protocol._date = (headers, lines)
        return Protocol._date[1]


class _JoiningTransport:
    """A transport that holds a first write back until the second, or until the event loop's next round.

    uvicorn writes the head of an answer and then its body, and uvloop sends each at once. A process that is killed
    between the two would leave a truncated answer, which the gateway cannot ask another service for any more.
    """

    def __init__(self, transport: asyncio.BaseTransport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._loop = loop
        self._held: bytes | None = None
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._held is None:
            self._held = data
            self._loop.call_soon(self._flush)
        else:
            data = self._held + data
            self._held = None
            self._transport.write(data)

    def write_whole(self, data: bytes) -> None:
        """Write an answer that is in one piece already."""
        self._flush()
        self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._transport.write(held)


class StreamConnection(Connection):
    """The connection of a request, for an answer that is written past ASGI and ends with the connection."""

    def __init__(self, protocol: Protocol, cycle: RequestResponseCycle) -> None:
        """Write to the connection of `protocol`, once the application has sent the head of the answer to `cycle`."""
        self._protocol = protocol
        self._cycle = cycle

    def begin(self, listener: Listener) -> None:
        """Tell `listener` when the client stops reading, and when the server stops."""
        # Nothing comes after it. What was pipelined behind it would stand in its place when the connection is lost.
        self._protocol.pipeline.clear()
        self._protocol.cycle = self._cycle
        self._protocol.listener = listener
        if self._protocol.stopping:
            self._protocol.loop.call_soon(listener.end)  # it asked just before the server stopped

    def write(self, data: bytes) -> None:
        """Write, unless the connection is closing."""
        transport = cast(_JoiningTransport, self._protocol.transport)
        if not transport.is_closing():
            transport.write_whole(data)

    def close(self) -> None:
        """Close when all is written; soon, also when the client does not read."""
        self._protocol.transport.close()
        self._protocol.loop.call_later(_LINGER, self._protocol.transport.abort)

    def abort(self) -> None:
        """Close at once."""
        self._protocol.transport.abort()
