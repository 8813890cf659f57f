"""A subscriber: a connection on which bytes leave as they are, without a task or a queue of its own."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from api_fastapi.events.query import Filter

# Under this name the scope of a request for the stream has its connection.
CONNECTION = "triptych.connection"


class ClientConnection(ABC):
    """What a subscriber is written to; the server's protocol has it."""

    __slots__ = ()

    @abstractmethod
    def begin(self, subscriber: "Subscriber") -> None:
        """Tell `subscriber` when the client stops reading, and when the server stops."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Write, unless the connection is closing."""

    @abstractmethod
    def close(self) -> None:
        """Close when all is written; soon, also when the client does not read."""

    @abstractmethod
    def abort(self) -> None:
        """Close at once."""


class Subscriber:
    """A stream that has begun.

    What the client does not read stays in the system's buffers, then in the transport's, up to its high-water mark.
    From there on it is sent nothing: it costs nothing more. When it has read on, it is sent a resync.
    """

    __slots__ = ("_connection", "_lacking", "_missed", "_paused", "_stalled", "wanted")

    def __init__(self, connection: ClientConnection, wanted: Filter, lacking: Callable[["Subscriber"], None]) -> None:
        """Write to `connection` what is `wanted`; `lacking` is called when it has read on and has missed something."""
        self._connection = connection
        self._lacking = lacking
        self._paused = False
        self._missed = False
        self._stalled = False
        self.wanted = wanted
        connection.begin(self)

    def send(self, chunk: bytes) -> None:
        """Send a chunk, or remember that it was missed."""
        if self._paused:
            self._missed = self._missed or bool(chunk)
        elif chunk:
            self._connection.write(chunk)

    def heartbeat(self, chunk: bytes) -> None:
        """Send a heartbeat; give up on who has read nothing since the one before."""
        if not self._paused:
            self._connection.write(chunk)
        elif self._stalled:
            self._connection.abort()
        else:
            self._stalled = True

    def pause(self) -> None:
        """Send nothing more for now: the client does not read."""
        self._paused = True

    def resume(self) -> None:
        """Go on: the client has read."""
        self._paused = self._stalled = False
        if self._missed:
            self._missed = False
            self._lacking(self)

    def end(self) -> None:
        """End the stream; who does not read is cut off, because it would never see the end."""
        if self._paused:
            self._connection.abort()
        else:
            self._connection.write(b"0\r\n\r\n")
            self._connection.close()
