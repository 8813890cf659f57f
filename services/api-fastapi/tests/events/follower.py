"""A subscriber; whatever it waits for has a deadline as a whole, which heartbeats do not renew."""

import http.client
import json
import socket
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

PATH = "/api/items/events/"
# Seconds that a test waits for an event, or for several.
WITHIN = 60


@dataclass(frozen=True)
class Event:
    """One event of the stream."""

    id: str
    kind: str
    data: Any


class Follower:
    """One stream; `last_id` is what a client would hand back."""

    def __init__(
        self, port: int, query: str = "", last_event_id: str | None = None, receive_buffer: int | None = None
    ) -> None:
        self.last_id = last_event_id or ""
        self._socket = socket.socket()
        if receive_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._until = self._begin()
        self._socket.connect(("127.0.0.1", port))
        lines = [f"GET {PATH}{query} HTTP/1.1", "Host: test"]
        lines += [f"Last-Event-ID: {last_event_id}"] if last_event_id is not None else []
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._response = http.client.HTTPResponse(self._socket)
        self._response.begin()
        self.status, self.headers = self._response.status, self._response.headers
        if self.status == 200:
            self.blocks = self._blocks()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave."""
        self._response.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send something on the connection of the stream."""
        self._socket.sendall(data)

    def body(self) -> Any:
        """Return the body of what is no stream."""
        return json.loads(self._response.read())

    def _blocks(self) -> Any:
        lines: list[str] = []
        while line := self._line():
            text = line.decode().removesuffix("\n")
            if text:
                lines.append(text)
                continue
            yield lines
            lines = []

    def _begin(self) -> float:
        """Begin to wait."""
        self._until = time.monotonic() + WITHIN
        self._socket.settimeout(WITHIN)
        return self._until

    def _line(self) -> bytes:
        with suppress(TimeoutError):
            if (left := self._until - time.monotonic()) > 0:
                self._socket.settimeout(left)
                return self._response.readline()
        raise AssertionError(f"it did not come within {WITHIN} seconds")

    def joined(self) -> Self:
        """Wait until everything that happens from now on is told."""
        self._begin()
        while not any(line.startswith("id: ") for line in self._block()):
            pass
        return self

    def block(self) -> list[str]:
        """Return the lines of the next block, an event or not; StopIteration at the end of the stream."""
        self._begin()
        return self._block()

    def _block(self) -> list[str]:
        lines: list[str] = next(self.blocks)
        for line in lines:
            if line.startswith("id: "):
                self.last_id = line.removeprefix("id: ")
        return lines

    def next(self) -> Event:
        """Return the next event."""
        self._begin()
        return self._next()

    def _next(self) -> Event:
        while True:
            fields = dict(line.split(": ", 1) for line in self._block() if not line.startswith(":"))
            if "data" in fields:
                return Event(fields["id"], fields["event"], json.loads(fields["data"]))

    def past(self, item: int, rename: Callable[[int, str], None]) -> Self:
        """Have an item renamed, and wait until that is told: what was changed before is not told any more.

        Twice: the first name may come in a batch of earlier changes that was read late, and some of them after it.
        """
        for _ in range(2):
            name = f"past {uuid.uuid4().hex}"
            rename(item, name)
            self.until(item, name)
        return self

    def until(self, item: int, name: str) -> list[Event]:
        """Return the events up to that of an item of this name."""
        self._begin()
        events = [self._next()]
        while (events[-1].data.get("id"), events[-1].data.get("name")) != (item, name):
            events.append(self._next())
        return events
