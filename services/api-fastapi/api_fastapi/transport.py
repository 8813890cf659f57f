"""A transport that sends an answer in one piece."""

import asyncio
from typing import Any, cast


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
