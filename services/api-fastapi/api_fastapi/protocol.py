"""HTTP as uvicorn speaks it, but for answers from the cache, raw bytes beyond ASCII, and answers in one piece."""

import asyncio
import re
from secrets import token_hex
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api_fastapi import SERVICE
from api_fastapi.cache import Cache
from api_fastapi.events.listeners import CONNECTION, Connection, Listener

# A whole read as the gateway hands it on, or a plain client sends it: in one piece, and with no header that makes a
# difference. Everything else is the parser's. `*+` gives nothing back, so that no request takes long to be refused.
_INDIFFERENT = (
    rb"(?:(?:Host|X-Forwarded-(?:For|Proto|Host)|User-Agent|Accept|Accept-Encoding|Accept-Language): [ -~]*\r\n"
    rb"|Connection: keep-alive\r\n)*+"
)
_PLAIN_READ = re.compile(
    rb"GET ([!-~]+) HTTP/1\.1\r\n%b(?:X-Request-Id: ([A-Za-z0-9._-]{1,64})\r\n)?%b\r\n" % (_INDIFFERENT, _INDIFFERENT)
)
_REQUEST_LINE = re.compile(rb"[A-Z]+ ([^ \r\n]+) HTTP/1\.[01]\r\n")
# No path of ours has a tilde.
_MASK = bytes(range(128)) + b"~" * 128


_EVENTS = b"/api/items/events/"
# Seconds for a stream's last bytes to leave.
_LINGER = 0.5

_TAIL = b"\r\nx-served-by: " + SERVICE.encode() + b"\r\n\r\n"


class Protocol(HttpToolsProtocol):
    """Answer a plain read of what the cache has past the parser and the application, for a third of what they cost.

    The parser is between two messages then, and stays there: whether it is, its own callbacks tell.

    Targets with raw bytes beyond ASCII go to the application, which names the parameters that hold them. The parser
    would answer them itself, with a 400 that is no problem response. It gets a masked target of the same length, so
    that nothing a client sends can shift where it sees a request end.
    """

    _target: bytes | None = None
    _between_messages = True
    _used_again = False  # since the timer of the idle connection was set
    # who follows the changes on this connection
    listener: Listener | None = None
    stopping = False
    # the head that all answers of this second have, and the headers of uvicorn's that it was made from
    _date: tuple[object, bytes] = (None, b"")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Write through a transport that joins an answer's head and body."""
        super().connection_made(cast(asyncio.Transport, _JoiningTransport(transport, self.loop)))

    def data_received(self, data: bytes) -> None:
        """Answer a plain read at once, or feed the parser.

        nginx sends the head of a request in one piece, so its line is looked for at the start.
        """
        plain = _PLAIN_READ.fullmatch(data)
        if plain is not None and self._answer_at_once(plain[1], plain[2]):
            return
        if not data.isascii() and (line := _REQUEST_LINE.match(data)) and not line[1].isascii():
            self._target = line[1]
            data = data[: line.start(1)] + line[1].translate(_MASK) + data[line.end(1) :]
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Note that what comes belongs to a request that the parser has begun."""
        self._between_messages = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Note that the parser has seen the end of a request."""
        self._between_messages = True
        super().on_message_complete()

    def on_headers_complete(self) -> None:
        """Let the application answer, with the query string as it was sent."""
        if self.listener is not None:
            return self.listener.end()  # who follows can ask nothing more on that connection
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

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if nothing came since the timer was set, which answers from the cache leave alone."""
        if self._used_again:
            self._wait_for_more()
        else:
            super().timeout_keep_alive_handler()

    def _wait_for_more(self) -> None:
        self._used_again = False
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _answer_at_once(self, target: bytes, request_id: bytes | None) -> bool:
        """Answer if the cache can, and nothing else goes on on the connection."""
        cache: Cache = self.app_state["cache"]
        answer = cache.hit(target)
        if (
            answer is None
            or not self._between_messages
            or (self.cycle is not None and not self.cycle.response_complete)
            or self.flow.write_paused
            or self.listener is not None
        ):
            return False
        self.server_state.total_requests += 1
        if self.timeout_keep_alive_task is None:
            self._wait_for_more()
        else:
            self._used_again = True
        told = request_id or token_hex(16).encode()
        whole = (b"HTTP/1.1 200 OK\r\n", self._head(), answer.head, b"x-request-id: ", told, _TAIL, answer.body)
        cast(_JoiningTransport, self.transport).write_whole(b"".join(whole))
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
