"""An event stream through the gateway, read block by block."""

import http.client
import json
import socket
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

from tests.http_client import Headers

EVENTS = "/api/items/events/"


class Stream:
    """One stream through the gateway; `last_id` is what its client would hand back."""

    def __init__(self, url: str, query: str = "", last_id: str = "", headers: Headers = ()) -> None:
        address = urlsplit(url)
        self.last_id = last_id
        self._socket = socket.create_connection((address.hostname, address.port), timeout=30)
        lines = [f"GET {EVENTS}{query} HTTP/1.1", f"Host: {address.netloc}", "Accept-Encoding: gzip"]
        lines += [f"Last-Event-ID: {last_id}"] if last_id else []
        lines += [f"{name}: {value}" for name, value in dict(headers).items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._response = http.client.HTTPResponse(self._socket)
        self._response.begin()
        self.status, self.headers = self._response.status, self._response.headers

    @property
    def served_by(self) -> str | None:
        """The service that answered: the gateway, where the stream only says when to reconnect."""
        return self.headers["x-served-by"]

    def begun(self) -> Self:
        """Check that it is a stream, which goes on."""
        assert (self.status, self.served_by) == (200, "api-fastapi"), (self.status, str(self.headers))
        return self

    def end(self) -> None:
        """End the stream for a thread that reads from it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the stream."""
        self._response.close()
        self._socket.close()

    def event(self) -> tuple[str, Any]:
        """Return the next event and its data; EOFError when the stream has ended."""
        while True:
            fields = self.block()
            if "data" in fields:
                return fields["event"], json.loads(fields["data"])

    def block(self) -> dict[str, str]:
        """Return the fields of the next block."""
        fields: dict[str, str] = {}
        while (line := self._response.readline()) != b"\n":
            if not line:
                raise EOFError
            name, _, value = line.decode().removesuffix("\n").partition(": ")
            fields[name] = value
        self.last_id = fields.get("id", self.last_id)
        return fields

    def joined(self) -> "Stream":
        """Wait until every change from now on is sent."""
        while "id" not in self.block():
            pass
        return self
