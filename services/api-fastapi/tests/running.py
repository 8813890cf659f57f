"""Run the real service, speak HTTP to it byte for byte, and come between it and its database."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import psycopg

FOLDER = Path(__file__).parent.parent
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Service:
    """A running process of the service."""

    process: subprocess.Popen[bytes]
    port: int

    def waiting(self, watcher: psycopg.Connection[Any]) -> int:
        """Return how many of its statements wait for a lock on the items."""
        ports = [connection.laddr.port for connection in psutil.Process(self.process.pid).net_connections("tcp")]
        row = watcher.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE NOT granted AND relation = 'items'::regclass AND client_port = ANY (%s)",
            [ports],
        ).fetchone()
        return int(row[0]) if row else 0

    def ask(self, target: str | bytes, method: str = "GET", headers: list[tuple[str, str]] | None = None) -> Answer:
        """Send a request whose target goes out exactly as given, and return the answer."""
        raw = target if isinstance(target, bytes) else target.encode("ascii")
        lines = [method.encode() + b" " + raw + b" HTTP/1.1", b"Host: test"]
        lines += [f"{name}: {value}".encode("latin-1") for name, value in headers or []]
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(b"\r\n".join([*lines, b"", b""]))
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            body = response.read()
            # what followed the head of an answer to HEAD would be taken for the next answer
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""
        return Answer(response.status, response.headers, body)

    def pages(self, target: str) -> Iterator[Answer]:
        """Walk along `Link` from `target` to the last page."""
        path = target.partition("?")[0]
        while True:
            page = self.ask(target)
            assert page.status == 200, page.body
            yield page
            if page.headers["link"] is None:
                return
            target = path + page.headers["link"].removeprefix("<").removesuffix('>; rel="next"')


@contextmanager
def running(database_url: str, module: str = "api_fastapi", **environment: str) -> Iterator[Service]:
    """Run a process of the service on a port that the system chooses; it lives, but need not be ready.

    Without a cache, unless `environment` says otherwise: so a test may read what it has just written.
    """
    settings = {"BIND": "127.0.0.1:0", "DATABASE_URL": database_url, "PYTHONWARNINGS": "error", "CACHE_MEMORY_MB": "0"}
    settings.update(environment)
    command = [sys.executable, "-m", module]
    with subprocess.Popen(command, cwd=FOLDER, env={**os.environ, **settings}, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        log: list[bytes] = []
        while not (match := re.search(rb"running on http://127.0.0.1:(\d+)", log[-1] if log else b"")):
            line = process.stderr.readline()
            assert line, b"".join(log).decode()
            log.append(line)
        # read on, or the process stops when the pipe is full
        reading = threading.Thread(target=log.extend, args=[process.stderr], daemon=True)
        reading.start()
        try:
            yield Service(process, int(match[1]))
        finally:
            process.terminate()
            process.wait(timeout=60)
            reading.join(60)
    said = b"".join(log)
    assert b"Traceback" not in said and b'interrupted: "' not in said, said.decode()  # each interruption has its reason


def eventually(probe: Callable[[], T], seconds: float = 60) -> T:
    """Return the first true result of `probe`, asked again and again for so long: nobody promises it by then."""
    deadline = time.monotonic() + seconds
    while not (result := probe()):
        assert time.monotonic() < deadline, "it did not come true in time"
        threading.Event().wait(0.02)
    return result


class Line:
    """A line to the database that can be cut (connections end, new ones are refused) or frozen (nothing passes)."""

    def __init__(self, host: str, port: int) -> None:
        """Lead to host and port; call `connect` first."""
        self._target = (host, port)
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []
        self._flows = threading.Event()
        self._flows.set()
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port: int = server.getsockname()[1]

    def through(self, database_url: str) -> str:
        """Return the URL of the database at the other end, over this line."""
        host, port = self._target
        return database_url.replace(f"{host}:{port}", f"127.0.0.1:{self.port}")

    def connect(self) -> None:
        """Accept connections and pass everything on."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def cut(self) -> None:
        """End every connection, and refuse new ones."""
        self.refuse()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._open.clear()
        self._flows.set()

    def freeze(self) -> None:
        """Keep every connection, and pass nothing on until `thaw` or `cut`."""
        self._flows.clear()

    def thaw(self) -> None:
        """Pass on what was kept back, and go on."""
        self._flows.set()

    def refuse(self) -> None:
        """Take no more connections; those there are go on."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in `accept`, which then closes it
            self._listener = None

    def lead_to(self, port: int) -> None:
        """Lead to another port of the host from now on."""
        self._target = (self._target[0], port)

    def _accept(self, listener: socket.socket) -> None:
        with listener, suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                threading.Thread(target=self._pass, args=[near, far], daemon=True).start()
                threading.Thread(target=self._pass, args=[far, near], daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        """Pass one direction on; whoever ends it ends both, and each closes its own source."""
        with source, suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
