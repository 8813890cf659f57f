"""The staleness check finds what is stale, and nothing else."""

import http.server
import json
import os
import threading
from collections.abc import Iterator

import psycopg
import pytest

from bench.staleness import Probe, Read, Write, ages, steps_back

HISTORY = [Write(1, 10, 1.0), Write(2, 11, 1.5), Write(1, 12, 2.0), Write(1, 13, 3.0)]


@pytest.mark.parametrize(
    ("read", "age"),
    [
        (Read(1, 13, 9.0), 0.0),
        (Read(1, 12, 2.9), 0.0),  # sent before the newer one was committed
        (Read(1, 12, 3.5), 0.5),
        (Read(1, 10, 3.5), 1.5),  # counted from the first change that it missed
        (Read(1, 99, 9.0), 0.0),  # somebody else's change
        (Read(2, 11, 9.0), 0.0),
        (Read(3, 1, 9.0), 0.0),
    ],
)
def test_an_answer_is_as_old_as_the_first_change_that_it_missed(read: Read, age: float) -> None:
    assert ages(HISTORY, [read]) == [age]


def test_a_step_back_is_an_answer_older_than_one_before() -> None:
    reads = [Read(1, 10, 1.0), Read(1, 12, 2.0), Read(1, 10, 2.1), Read(1, 12, 2.2), Read(2, 5, 2.3)]
    assert steps_back(reads) == 1


class Planted(http.server.BaseHTTPRequestHandler):
    """A server that reads an item once, and then answers with that version for ever, or each time anew."""

    protocol_version = "HTTP/1.1"
    kept: bytes | None = None
    keeps = True

    def do_GET(self) -> None:
        if Planted.kept is None or not Planted.keeps:
            with psycopg.connect(os.environ["TRIPTYCH_DATABASE_URL"]) as connection:
                item = int(self.path.split("/")[3])
                row = connection.execute("SELECT version FROM items WHERE id = %s", [item]).fetchone()
            assert row is not None
            Planted.kept = json.dumps({"version": row[0]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(Planted.kept)))
        self.end_headers()
        self.wfile.write(Planted.kept)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Planted.kept = None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Planted) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def item() -> Iterator[int]:
    with psycopg.connect(os.environ["TRIPTYCH_DATABASE_URL"], autocommit=True) as connection:
        sql = "INSERT INTO items (name, description, price) VALUES ('Probed', 'By a test.', 1) RETURNING id"
        row = connection.execute(sql).fetchone()
        assert row is not None
        yield row[0]
        connection.execute("DELETE FROM items WHERE id = %s", row)


@pytest.mark.parametrize("keeps", [True, False])
def test_the_probe_finds_a_planted_stale_answer(port: int, item: int, keeps: bool) -> None:
    Planted.keeps = keeps
    enough = threading.Event()

    def version(body: bytes) -> int:
        if len(probe.writes) >= 5 and len(probe.reads) >= 10:
            enough.set()
        return int(json.loads(body)["version"])

    url = os.environ["TRIPTYCH_DATABASE_URL"]
    probe = Probe(url, port, lambda number: f"/api/items/{number}/", version, [item], writes=50, reads=50)
    with probe:
        assert enough.wait(60)
    found = probe.summary()
    assert found["writes"] >= 5
    assert found["back"] == 0
    assert (found["max"] > 0) is keeps
