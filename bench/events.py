"""What following the changes costs: `python -m bench.events`, with a migrated database.

TRIPTYCH_API_FASTAPI_DATABASE_URL names it as the service's role, TRIPTYCH_DATABASE_URL as one that may write. Starts a
worker of its own, lets LISTENERS (1000) follow all changes, and prints the memory that they cost the worker, the time
from the commit of a change until each of them has it, and what it costs when some of them stop reading.
"""

import argparse
import os
import re
import resource
import secrets
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

ROOT = Path(__file__).resolve().parent.parent
REQUEST = b"GET /api/items/events/ HTTP/1.1\r\nHost: bench\r\n\r\n"
MEGABYTE = 2**20


@contextmanager
def worker(listeners: int) -> Iterator[tuple[psutil.Process, int]]:
    """Run a worker on a free port until the end."""
    folder = ROOT / "services" / "api-fastapi"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT / "shared")]),
        "DATABASE_URL": os.environ["TRIPTYCH_API_FASTAPI_DATABASE_URL"],
        "BIND": "127.0.0.1:0",
        "EVENT_LISTENERS_MAX": str(listeners),
    }
    command = [sys.executable, "-m", "api_fastapi"]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        while not (found := re.search(rb"running on http://127.0.0.1:(\d+)", line := process.stderr.readline())):
            if not line:
                sys.exit("the worker does not start")
        try:
            yield psutil.Process(process.pid), int(found[1])
        finally:
            process.terminate()
            process.wait(15)


class Crowd:
    """Many connections to the stream, read by one loop."""

    def __init__(self, port: int, count: int) -> None:
        self._selector = selectors.DefaultSelector()
        self.streams: list[socket.socket] = []
        for _ in range(count):
            stream = socket.create_connection(("127.0.0.1", port))
            stream.setblocking(False)
            stream.send(REQUEST)
            self._selector.register(stream, selectors.EVENT_READ)
            self.streams.append(stream)

    def read(self, mark: bytes, count: int, seconds: float) -> list[float]:
        """Return when each of `count` streams has had something with `mark` in it; fewer where time is over."""
        arrived: dict[int, float] = {}
        until = time.perf_counter() + seconds
        while len(arrived) < count and time.perf_counter() < until:
            for key, _ in self._selector.select(0.1):
                if mark in key.fileobj.recv(1 << 16):  # type: ignore[union-attr]
                    arrived.setdefault(key.fd, time.perf_counter())
        return list(arrived.values())

    def stop_reading(self, streams: list[socket.socket]) -> None:
        """Leave what comes to them where it is."""
        for stream in streams:
            self._selector.unregister(stream)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.events", description="What following the changes costs.")
    parser.add_argument("--listeners", type=int, default=1000)
    parser.add_argument("--changes", type=int, default=100)
    chosen = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, chosen.listeners + 1024), hard))
    url = os.environ["TRIPTYCH_DATABASE_URL"]
    with worker(chosen.listeners) as (process, port), psycopg.connect(url, autocommit=True) as writer:
        item = _item(writer)
        empty = process.memory_full_info().pss
        crowd = Crowd(port, chosen.listeners)
        began = crowd.read(b"id: ", chosen.listeners, 60)
        full = process.memory_full_info().pss
        print(f"listeners              {len(began)}")
        print(f"worker without         {empty / MEGABYTE:.1f} MB")
        each = (full - empty) / len(began) / 1024
        print(f"more with them         {(full - empty) / MEGABYTE:.1f} MB ({each:.1f} KB each)")
        _fan_out(crowd, writer, item, chosen.changes, process)
        after = process.memory_full_info().pss
        print(f"more after the changes {(after - empty) / MEGABYTE:.1f} MB")
        _stopped(crowd, writer, item, process, after)
        writer.execute("DELETE FROM items WHERE id = %s", [item])


def _item(writer: psycopg.Connection) -> int:
    row = writer.execute("INSERT INTO items (name, description, price) VALUES ('Bench', '', 1) RETURNING id").fetchone()
    assert row is not None
    return int(row[0])


def _fan_out(crowd: Crowd, writer: psycopg.Connection, item: int, changes: int, process: psutil.Process) -> None:
    everyone, last = [], []
    before = sum(process.cpu_times()[:2])
    for _ in range(changes):
        mark = secrets.token_hex(8)
        writer.execute("UPDATE items SET name = %s WHERE id = %s", [mark, item])
        committed = time.perf_counter()
        arrived = crowd.read(mark.encode(), len(crowd.streams), 10)
        if len(arrived) < len(crowd.streams):
            sys.exit(f"only {len(arrived)} were told")
        everyone += [moment - committed for moment in arrived]
        last.append(max(arrived) - committed)
    spent = sum(process.cpu_times()[:2]) - before
    cuts = statistics.quantiles(everyone, n=100)
    print(f"commit to listener     p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms")
    print(f"commit to the last one median {statistics.median(last) * 1000:.1f} ms, worst {max(last) * 1000:.1f} ms")
    print(f"worker's CPU           {spent / changes * 1000:.1f} ms for each change told to {len(crowd.streams)}")


def _stopped(crowd: Crowd, writer: psycopg.Connection, item: int, process: psutil.Process, before: int) -> None:
    """Let a tenth stop reading, and write until the system's buffers for them must be full several times over."""
    stopped = crowd.streams[::10]
    crowd.stop_reading(stopped)
    told = 0
    for _ in range(800):
        mark = secrets.token_hex(8)
        text = mark + "x" * 9_000
        writer.execute("UPDATE items SET description = %s WHERE id = %s", [text, item])
        told += len(text)
        crowd.read(mark.encode(), len(crowd.streams) - len(stopped), 30)
    more = process.memory_full_info().pss - before
    megabytes = told / MEGABYTE
    print(f"{len(stopped)} that stop reading  {more / MEGABYTE:.1f} MB more after {megabytes:.1f} MB for each of them")


if __name__ == "__main__":
    main()
