"""HTTP/1.1 with full control over the bytes of the request line, which ordinary clients normalise or refuse."""

import http.client
import json
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """A complete response."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the value of the header, several lines joined by `, `; None where it is absent."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    def json(self) -> Any:
        """Return the decoded body."""
        return json.loads(self.body)

    def __str__(self) -> str:
        lines = [f"{self.status}", *(f"{name}: {value}" for name, value in self.headers)]
        return "\n".join([*lines, "", self.body[:2000].decode("utf-8", "replace")])


class HttpClient:
    """One client: a connection that is kept alive and made again when the server has closed it."""

    def __init__(self, url: str, prefix: str = "", timeout: float = 30) -> None:
        address = urlsplit(url)
        self._address = (address.hostname or "", address.port or 80)
        self._host = address.netloc
        self._prefix = prefix.encode()
        self._timeout = timeout
        self._socket: socket.socket | None = None

    def get(self, target: str | bytes, headers: Headers = ()) -> Reply:
        """Send a GET for the target, to which the client's prefix is added."""
        return self.request("GET", target, headers)

    def request(self, method: str, target: str | bytes, headers: Headers = (), body: bytes | None = None) -> Reply:
        """Send the request with exactly these bytes as target, and return the whole response.

        Raises OSError or http.client.HTTPException when the connection breaks; only a kept connection that the
        server closed before it took the request is silently made again.
        """
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        if body is not None:
            pairs.append(("Content-Length", str(len(body))))
        path = self._prefix + (target.encode("ascii") if isinstance(target, str) else target)
        head = b"%s %s HTTP/1.1\r\nHost: %s\r\n" % (method.encode(), path, self._host.encode())
        for name, value in pairs:
            head += f"{name}: {value}\r\n".encode("latin-1")
        message = head + b"\r\n" + (body or b"")
        if self._socket is not None:
            try:
                return self._exchange(self._socket, method, message)
            except (http.client.RemoteDisconnected, ConnectionError):
                self.close()
        self._socket = socket.create_connection(self._address, self._timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._exchange(self._socket, method, message)

    def _exchange(self, connection: socket.socket, method: str, message: bytes) -> Reply:
        try:
            # a server may answer and close before it has read a request that is too large
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(message)
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            reply = Reply(response.status, tuple(response.getheaders()), response.read())
        except BaseException:
            self.close()
            raise
        if response.will_close:
            self.close()
        return reply

    def close(self) -> None:
        """Close the connection; the next request makes a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
