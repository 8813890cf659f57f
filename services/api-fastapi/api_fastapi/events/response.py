"""The response that goes on until the client or the worker ends it."""

from random import randrange
from typing import Any

from fastapi import Response

from api_fastapi.events.fanout import EventFanout
from api_fastapi.events.frames import framed
from api_fastapi.events.query import Subscription
from api_fastapi.events.subscriber import CONNECTION, ClientConnection, Subscriber

# Milliseconds until a client connects again. A comment first, so that there is something to see.
_BEGIN = framed(b": changes of items\nretry: 1000\n\n")
# Milliseconds until one for whom there is no room comes again: not all at once.
_AGAIN = (2_000, 30_000)


class EventStreamResponse(Response):
    """Server-sent events, written to the connection as they are, past ASGI: an event costs no task per stream."""

    media_type = "text/event-stream"

    def __init__(self, fanout: EventFanout, subscription: Subscription) -> None:
        """Send what `fanout` sends, as far as `subscription` wants it."""
        self.status_code = 200
        self.background = None
        self._fanout = fanout
        self._subscription = subscription
        # The type without a charset: it is always UTF-8. And a proxy (nginx, for one) is to keep nothing back.
        self.init_headers({"content-type": self.media_type, "cache-control": "no-store", "x-accel-buffering": "no"})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a HEAD with the headers; to a GET, go on until the client leaves or the worker stops."""
        begin = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        if scope["method"] == "HEAD":
            await send(begin)
            await send({"type": "http.response.body", "body": b""})
            return
        if self._fanout.full:
            # Any answer but a stream is the last that a browser asks for.
            await send(begin)
            await send({"type": "http.response.body", "body": _full()})
            return
        connection: ClientConnection = scope["extensions"][CONNECTION]
        subscriber = Subscriber(connection, self._subscription.wanted, self._fanout.resync)
        try:
            await send(begin)
            subscriber.send(_BEGIN)
            self._fanout.admit(subscriber, self._subscription.position)
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._fanout.leave(subscriber)


def _full() -> bytes:
    return b": as many follow the changes here as this worker takes\nretry: %d\n\n" % randrange(*_AGAIN)
