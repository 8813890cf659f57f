"""Transports that send an answer in one piece, and its headers under the names that the other servers use."""

import asyncio
from functools import lru_cache
from typing import Any, cast

_ODDLY_SPELLED = {b"etag": b"ETag", b"www-authenticate": b"WWW-Authenticate"}


def spelled(head: bytes) -> bytes:
    """Return the lines of a head with the names as RFC 9110 has them; ASGI and uvicorn write them in lower case."""
    lines = (line.partition(b": ") for line in head.split(b"\r\n"))
    return b"\r\n".join(
        [_spelling(name) + separator + value if separator else name for name, separator, value in lines]
    )


@lru_cache(maxsize=64)
def _spelling(name: bytes) -> bytes:
    return _ODDLY_SPELLED.get(name) or name.title()


class SpellingTransport:
    """What a single answer of uvicorn's is written to; its head is the first write, but for a `100 Continue`."""

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        """Write to `transport`."""
        self._transport = cast(asyncio.Transport, transport)
        self._begun = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write, the head as it is to be spelled."""
        if not self._begun:
            self._begun = not data.startswith(b"HTTP/1.1 100 ")
            data = spelled(data)
        self._transport.write(data)


class JoiningTransport:
    """A transport that holds a first write back until the second, or until the event loop's next round.

    uvicorn writes the head of an answer and then its body, and uvloop sends each at once. A process that is killed
    between the two would leave a truncated answer, which the gateway cannot ask another service for any more.
    """

    def __init__(self, transport: asyncio.BaseTransport, loop: asyncio.AbstractEventLoop) -> None:
        """Write to `transport`."""
        self._transport = cast(asyncio.Transport, transport)
        self._loop = loop
        self._held: bytes | None = None
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write, soon."""
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
        """Close when all is written."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._transport.write(held)
