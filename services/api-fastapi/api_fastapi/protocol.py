"""HTTP as uvicorn speaks it, but for request targets with raw bytes beyond ASCII, and answers in one piece."""

import asyncio
import re
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_REQUEST_LINE = re.compile(rb"[A-Z]+ ([^ \r\n]+) HTTP/1\.[01]\r\n")
# No path of ours has a tilde.
_MASK = bytes(range(128)) + b"~" * 128


class Protocol(HttpToolsProtocol):
    """Hand such targets to the application, which names the parameters that hold the bytes.

    The parser would answer them itself, with a 400 that is no problem response. It gets a masked target of the same
    length, so that nothing a client sends can shift where it sees a request end.
    """

    _target: bytes | None = None

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
        """Put the query string back, before the application sees the request."""
        super().on_headers_complete()
        if self._target is not None and self._target.translate(_MASK) == self.url:
            self.scope["query_string"] = self._target.partition(b"?")[2]
        self._target = None


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

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._transport.write(held)
