"""HTTP as uvicorn speaks it, but for plain reads, streams, raw bytes beyond ASCII, and answers in one piece."""

import asyncio
import re
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from api_fastapi.events.subscriber import CONNECTION, ClientConnection, Subscriber
from api_fastapi.fast_path.protocol_reads import ProtocolReads
from api_fastapi.fast_path.transport import JoiningTransport, SpellingTransport

_REQUEST_LINE = re.compile(rb"[A-Z]+ ([^ \r\n]+) HTTP/1\.[01]\r\n")
# No path of ours has a tilde.
_MASK = bytes(range(128)) + b"~" * 128

_EVENTS = b"/api/items/events/"
# Seconds for a stream's last bytes to leave.
_LINGER = 0.5


class FastPathProtocol(ProtocolReads):
    """Uvicorn's protocol with what is needed beside plain reads: streams, answers in one piece, and odd targets.

    Targets with raw bytes beyond ASCII go to the application, which names the parameters that hold them. The parser
    would answer them itself, with a 400 that is no problem response. It gets a masked target of the same length, so
    that nothing a client sends can shift where it sees a request end.
    """

    # of the message that is being read: its target, where the parser got another one
    _target: bytes | None = None
    # who subscribes to the changes on this connection: nothing more is answered on it
    subscriber: Subscriber | None = None
    stopping = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Write through a transport that joins an answer's head and body."""
        super().connection_made(cast(asyncio.Transport, JoiningTransport(transport, self.loop)))

    def data_received(self, data: bytes) -> None:
        """Take what came; nginx sends a head in one piece, so only what begins a request is looked at as a line."""
        if (
            self._between_messages
            and not data.isascii()
            and (line := _REQUEST_LINE.match(data))
            and not line[1].isascii()
        ):
            self._target = line[1]
            data = data[: line.start(1)] + line[1].translate(_MASK) + data[line.end(1) :]
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Let the application answer, with the query string as it was sent."""
        if self.subscriber is not None:
            return self.subscriber.end()  # a subscriber can ask nothing more on that connection
        super().on_headers_complete()
        if self._target is not None:
            self.scope["query_string"] = self._target.partition(b"?")[2]
            self._target = None
            self.cycle.keep_alive = False  # as after the parser's 400: it was not HTTP
        if self.url.startswith(_EVENTS):
            self.scope["extensions"] = {CONNECTION: cast(Any, StreamConnection(self, self.cycle))}
        return None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Spell the headers of the answer as the other servers do."""
        cycle.transport = cast(asyncio.Transport, SpellingTransport(self.transport))
        super()._start_asgi_task(cycle, app)

    def pause_writing(self) -> None:
        """Send a stream nothing more while its client does not read."""
        super().pause_writing()
        if self.subscriber is not None:
            self.subscriber.pause()

    def resume_writing(self) -> None:
        """Let a stream go on."""
        super().resume_writing()
        if self.subscriber is not None:
            self.subscriber.resume()

    def shutdown(self) -> None:
        """End a stream, which has no end of its own; its client connects again, to another process."""
        self.stopping = True
        if self.subscriber is not None:
            self.subscriber.end()
        super().shutdown()


class StreamConnection(ClientConnection):
    """The connection of a request, for an answer that is written past ASGI and ends with the connection."""

    def __init__(self, protocol: FastPathProtocol, cycle: RequestResponseCycle) -> None:
        """Write to the connection of `protocol`, once the application has sent the head of the answer to `cycle`."""
        self._protocol = protocol
        self._cycle = cycle

    def begin(self, subscriber: Subscriber) -> None:
        """Tell `subscriber` when the client stops reading, and when the server stops."""
        # Nothing comes after it. What was pipelined behind it would stand in its place when the connection is lost.
        self._protocol.pipeline.clear()
        self._protocol.cycle = self._cycle
        self._protocol.subscriber = subscriber
        if self._protocol.stopping:
            self._protocol.loop.call_soon(subscriber.end)  # it asked just before the server stopped

    def write(self, data: bytes) -> None:
        """Write, unless the connection is closing."""
        transport = cast(JoiningTransport, self._protocol.transport)
        if not transport.is_closing():
            transport.write_whole(data)

    def close(self) -> None:
        """Close when all is written; soon, also when the client does not read."""
        self._protocol.transport.close()
        self._protocol.loop.call_later(_LINGER, self._protocol.transport.abort)

    def abort(self) -> None:
        """Close at once."""
        self._protocol.transport.abort()
