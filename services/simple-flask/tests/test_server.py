"""What only a real server shows: exports on the wire, bodies no one reads, memory."""

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

ROWS = 60_000
STATEMENT_TIMEOUT_MS = 300
CSV = "/api/tasks/exports/items.csv"


def until(condition: Callable[[], Any], what: str, within: float = 20) -> Any:
    """Return what `condition` returns as soon as that is true; fail when it does not become so in time."""
    deadline = time.monotonic() + within
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        time.sleep(0.01)
    return result


@dataclass
class Server:
    """A running gunicorn."""

    port: int
    process: "subprocess.Popen[bytes]"

    def connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str) -> tuple[int, bytes]:
        connection = self.connection()
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def answers(self) -> bool:
        assert self.process.poll() is None, "the server ended"
        try:
            return self.get("/livez")[0] == 200
        except OSError:
            return False

    def worker(self) -> psutil.Process:
        (worker,) = psutil.Process(self.process.pid).children()
        return worker

    def worker_rss(self) -> int:
        return int(self.worker().memory_info().rss)


@contextmanager
def running() -> Iterator[Server]:
    """Run the service; it ends by itself when it is told to, and all that it says is in its format."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "simple_flask:create_app()"],
        cwd=Path(__file__).parent.parent,
        env=os.environ
        | {
            "BIND": f"127.0.0.1:{port}",
            "DATABASE_URL": os.environ["TRIPTYCH_SIMPLE_FLASK_DATABASE_URL"],
            "DATABASE_STATEMENT_TIMEOUT_MS": str(STATEMENT_TIMEOUT_MS),
        },
        stderr=subprocess.PIPE,
    )
    server = Server(port, process)
    until(server.answers, "the server answers")
    yield server
    process.terminate()
    _, log = process.communicate(timeout=30)
    assert process.returncode == 0
    lines = [json.loads(line) for line in log.splitlines()]
    assert all(line["service"] == "simple-flask" for line in lines)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def many(admin: psycopg.Connection[Any]) -> Iterator[str]:
    """A category of many items, more than 60 MB of them."""
    slug = "w" + uuid.uuid4().hex
    admin.execute("INSERT INTO categories (slug, name) VALUES (%s, 'Many')", (slug,))
    admin.execute(
        "INSERT INTO items (name, description, price, category)"
        " SELECT 'Item', repeat('-', 1000), 1, %s FROM generate_series(1, %s)",
        (slug, ROWS),
    )
    yield slug
    admin.execute("DELETE FROM items WHERE category = %s", (slug,))
    admin.execute("DELETE FROM categories WHERE slug = %s", (slug,))


@pytest.fixture
def exporting(server: Server) -> Callable[[], list[int]]:
    """Return the pids of the database's side of the exports that the server is running."""

    def pids() -> list[int]:
        ports = [connection.laddr.port for connection in server.worker().net_connections("tcp")]
        with psycopg.connect(os.environ["TRIPTYCH_SIMPLE_FLASK_DATABASE_URL"], autocommit=True) as same_role:
            rows = same_role.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE usename = current_user AND xact_start IS NOT NULL AND client_port = ANY(%s)",
                (ports,),
            ).fetchall()
        return [pid for (pid,) in rows]

    return pids


def begin(server: Server, path: str) -> tuple[HTTPConnection, Any]:
    """Begin an export and read a little of it."""
    connection = server.connection()
    connection.request("GET", path)
    response = connection.getresponse()
    assert response.status == 200
    assert len(response.read(1000)) == 1000
    return connection, response


def test_a_long_export_is_complete_takes_constant_memory_and_outlasts_the_statement_timeout(
    server: Server, many: str
) -> None:
    assert server.get(f"{CSV}?category=none")[0] == 200
    before = server.worker_rss()
    begun, peak, lines, size = time.monotonic(), before, 0, 0
    connection = server.connection()
    connection.request("GET", f"{CSV}?category={many}")
    response = connection.getresponse()
    while piece := response.read(1 << 20):
        lines, size, peak = lines + piece.count(b"\n"), size + len(piece), max(peak, server.worker_rss())
    connection.close()
    assert time.monotonic() - begun > STATEMENT_TIMEOUT_MS / 1000
    assert lines == ROWS + 1
    assert size > 60_000_000
    assert peak - before < 8_000_000


def test_a_client_that_goes_away_frees_the_cursor_and_the_connection(
    server: Server, many: str, exporting: Callable[[], list[int]]
) -> None:
    connection, response = begin(server, f"{CSV}?category={many}")
    assert len(exporting()) == 1
    response.close()
    connection.close()
    until(lambda: not exporting(), "the export has ended")
    assert server.get(f"{CSV}?category=none")[0] == 200


def test_a_database_that_dies_midway_never_looks_like_the_end(
    server: Server, many: str, exporting: Callable[[], list[int]]
) -> None:
    connection, response = begin(server, f"{CSV}?category={many}")
    (pid,) = exporting()
    with psycopg.connect(os.environ["TRIPTYCH_SIMPLE_FLASK_DATABASE_URL"], autocommit=True) as same_role:
        same_role.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with pytest.raises(IncompleteRead):
        response.read()
    connection.close()
    assert server.get("/readyz")[0] == 200
    assert server.get(f"{CSV}?category=none")[0] == 200


def test_exports_leave_connections_to_the_reads(server: Server, many: str) -> None:
    running = [begin(server, f"{CSV}?category={many}") for _ in range(2)]
    assert server.get(CSV)[0] == 503
    assert server.get("/api/items/?limit=1")[0] == 200
    for connection, response in running:
        response.close()
        connection.close()
    until(lambda: server.get(f"{CSV}?category=none")[0] == 200, "an export is possible again")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/items/", 200), ("POST", "/api/tasks/quotes/", 413)]
)
@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_reaches_a_client_that_sends_a_body_no_one_reads(
    server: Server, method: str, path: str, status: int, chunked: bool
) -> None:
    connection = server.connection()
    headers = {"Content-Type": "application/json"}
    body = iter([b" " * 100_000] * 20) if chunked else b" " * 2_000_000
    connection.request(method, path, body=body, headers=headers, encode_chunked=chunked)
    assert connection.getresponse().status == status
    connection.close()


def test_many_headers_and_a_long_query_are_answered(server: Server) -> None:
    connection = server.connection()
    connection.request("GET", "/api/items/?q=" + "a" * 8000, headers={f"X-A{n}": "1" for n in range(1000)})
    response = connection.getresponse()
    assert response.status == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    connection.close()


def test_tags_in_two_lines_are_one_list(server: Server) -> None:
    connection = server.connection()
    connection.request("GET", "/api/items/?limit=1")
    whole = connection.getresponse()
    whole.read()
    for tags, status in ((('"other"', whole.headers["ETag"]), 304), (('"other"', '"another"'), 200)):
        connection.putrequest("GET", "/api/items/?limit=1")
        for tag in tags:
            connection.putheader("If-None-Match", tag)
        connection.endheaders()
        response = connection.getresponse()
        response.read()
        assert response.status == status
    connection.close()


def test_the_connection_is_kept(server: Server) -> None:
    connection = server.connection()
    for path in ("/livez", "/api/items", "/api/items/?limit=0", "/api/items/"):
        connection.request("GET", path)
        connection.getresponse().read()
        assert connection.sock is not None
    connection.close()


def refuses(server: Server) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port)).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_server_that_stops_answers_who_has_connected_refuses_who_comes_and_ends_what_it_has_begun(many: str) -> None:
    with running() as server:
        export, response = begin(server, f"{CSV}?category={many}")
        worker = server.worker()
        worker.suspend()
        waiting = [server.connection() for _ in range(3)]
        for connection in waiting:
            connection.request("GET", "/livez")
        server.process.terminate()
        worker.resume()
        assert [connection.getresponse().status for connection in waiting] == [200, 200, 200]
        until(lambda: refuses(server), "who comes is refused")
        assert response.read().count(b"\n") > ROWS - 100
        for connection in (*waiting, export):
            connection.close()
