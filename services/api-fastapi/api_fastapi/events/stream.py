"""The answer that goes on until one of both ends it."""

from random import randrange
from typing import Any

from fastapi import Response

from api_fastapi.events.batches import framed
from api_fastapi.events.broadcast import Broadcast
from api_fastapi.events.listeners import CONNECTION, Connection, Listener
from api_fastapi.events.queries import Following

# Milliseconds until a client connects again. A comment first, so that there is something to see.
_BEGIN = framed(b": changes of items\nretry: 1000\n\n")
# Milliseconds until one for whom there is no room comes again: not all at once.
_AGAIN = (2_000, 30_000)


class EventStream(Response):
    """Server-sent events, written to the connection as they are, past ASGI: an event costs no task per stream."""

    media_type = "text/event-stream"

    def __init__(self, broadcast: Broadcast, following: Following) -> None:
        """Tell what `broadcast` tells, as far as `following` wants it."""
        self.status_code = 200
        self.background = None
        self._broadcast = broadcast
        self._following = following
        # The type without a charset: it is always UTF-8. And a proxy (nginx, for one) is to keep nothing back.
        self.init_headers({"content-type": self.media_type, "cache-control": "no-store", "x-accel-buffering": "no"})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a HEAD with the headers; to a GET, go on until the client leaves or the worker stops."""
        begin = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        if scope["method"] == "HEAD":
            await send(begin)
            await send({"type": "http.response.body", "body": b""})
            return
        if self._broadcast.full:
            # Any answer but a stream is the last that a browser asks for.
            await send(begin)
            await send({"type": "http.response.body", "body": _full()})
            return
        connection: Connection = scope["extensions"][CONNECTION]
        listener = Listener(connection, self._following.wanted, self._broadcast.resync)
        try:
            await send(begin)
            listener.send(_BEGIN)
            self._broadcast.admit(listener, self._following.position)
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._broadcast.leave(listener)


def _full() -> bytes:
    return b": as many follow the changes here as this worker takes\nretry: %d\n\n" % randrange(*_AGAIN)
