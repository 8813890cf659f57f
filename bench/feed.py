"""How soon a commit is seen at api-fastapi, and what writers pay for the feed: `python bench/feed.py` with `make up`.

Wants the variables of `python -m stack env`; starts an api-fastapi of its own. The second part switches the feed's
triggers off and on again as the superuser, which misleads every cache that follows the feed meanwhile: not for a system
that is in use. What is printed is of this machine and its load; the costs are ratios of windows that take turns.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg

ROOT = Path(__file__).resolve().parent.parent
Write = Callable[[int, str], None]
TRIGGERS = ("item_change_insert", "item_change_update", "item_change_delete")


@contextmanager
def worker(port: int) -> Iterator[int]:
    """Run an api-fastapi with a cache."""
    service = ROOT / "services" / "api-fastapi"
    more = {
        "DATABASE_URL": os.environ["TRIPTYCH_API_FASTAPI_DATABASE_URL"],
        "BIND": f"127.0.0.1:{port}",
        "PYTHONPATH": f"{service}:{ROOT / 'shared'}",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "api_fastapi"], cwd=service, env={**os.environ, **more}, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            try:
                if get(port, "/readyz")[0] == 200:
                    break
            except OSError:
                pass
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def get(port: int, path: str) -> tuple[int, bytes]:
    """Ask once, on a connection of its own."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


def by_sql() -> Write:
    """Return a writer with raw SQL."""
    connection = psycopg.connect(os.environ["TRIPTYCH_DATABASE_URL"], autocommit=True)
    return lambda item, name: void(connection.execute("UPDATE items SET name = %s WHERE id = %s", [name, item]))


def by_api() -> Write:
    """Return a writer that goes through admin-django's routes."""
    url = urlsplit(os.environ["TRIPTYCH_DJANGO_URL"])
    connection = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=30)
    who = {"username": os.environ["TRIPTYCH_ADMIN_USER"], "password": os.environ["TRIPTYCH_ADMIN_PASSWORD"]}
    connection.request("POST", "/api/auth/token/", json.dumps(who), {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    headers = {"Authorization": f"Bearer {answer['access']}", "Content-Type": "application/json"}

    def write(item: int, name: str) -> None:
        connection.request("PATCH", f"/api/items/{item}/", json.dumps({"name": name}), {**headers, "If-Match": "*"})
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            sys.exit(f"{response.status}: {body.decode()}")

    return write


def void(_: object) -> None:
    """Return nothing."""


def make_items(count: int) -> list[int]:
    """Make items, and return their ids."""
    with psycopg.connect(os.environ["TRIPTYCH_DATABASE_URL"], autocommit=True) as connection:
        rows = connection.execute(
            "INSERT INTO items (name, description, price) SELECT 'feed', '', 1"
            " FROM generate_series(1, %s) RETURNING id",
            [count],
        ).fetchall()
    return [row[0] for row in rows]


@contextmanager
def load(make: Callable[[], Write], items: list[int], rate: float, writers: int) -> Iterator[list[float]]:
    """Write `rate` times a second meanwhile; what is yielded fills with the time that each write took."""
    over = threading.Event()
    took: list[float] = []

    def write(number: int) -> None:
        one, due, count = make(), time.perf_counter(), number
        while not over.is_set():
            began = time.perf_counter()
            one(items[count % len(items)], f"feed {count}")
            took.append(time.perf_counter() - began)
            count += writers
            due += writers / rate
            over.wait(max(0.0, due - time.perf_counter()))

    threads = [threading.Thread(target=write, args=[number]) for number in range(writers)]
    for thread in threads:
        thread.start()
    try:
        yield took
    finally:
        over.set()
        for thread in threads:
            thread.join()


def visible(port: int, write: Write, item: int, count: int, before: Callable[[], None]) -> list[float]:
    """Return how long each of `count` commits took to be seen, in seconds; `before` is called before each."""
    delays = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for number in range(count):
        name = f"number {number}."
        connection.request("GET", f"/api/items/{item}/")
        connection.getresponse().read()  # it is in the cache now
        before()
        write(item, name)
        began = time.perf_counter()
        while True:
            connection.request("GET", f"/api/items/{item}/")
            if name.encode() in connection.getresponse().read():
                break
        delays.append(time.perf_counter() - began)
    return sorted(delays)


def cut() -> None:
    """End the feed's connection, as the role that made it."""
    url = os.environ["TRIPTYCH_API_FASTAPI_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND application_name = 'api-fastapi feed'"
        )


def backends() -> float:
    """Return the CPU time of all of Postgres so far, in seconds."""
    with psycopg.connect(os.environ["TRIPTYCH_SUPERUSER_DATABASE_URL"], autocommit=True) as connection:
        rows: list[Any] = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE usename = 'admin_django' AND pid <> pg_backend_pid()"
        ).fetchall()
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for (pid,) in rows)


def switch(feeds: bool) -> None:
    """Let the feed's triggers fire, or not."""
    state = "ENABLE ALWAYS" if feeds else "DISABLE"
    with psycopg.connect(os.environ["TRIPTYCH_SUPERUSER_DATABASE_URL"], autocommit=True) as superuser:
        superuser.execute("ALTER TABLE items " + ", ".join(f"{state} TRIGGER {name}" for name in TRIGGERS))


def cost(items: list[int], rate: float, seconds: float, feeds: bool) -> tuple[float, float]:
    """Return a write's cost with or without the feed: µs of its backends' CPU time, and its median latency in ms."""
    switch(feeds)
    with load(by_sql, items, rate, 4) as took:
        while len(took) < 100:  # until plans are made
            time.sleep(0.01)
        done, before = len(took), backends()
        time.sleep(seconds)
        writes, spent = len(took) - done, backends() - before
    return spent / writes * 1e6, statistics.median(took[done:]) * 1000


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=9560)
    parser.add_argument("--count", type=int, default=300, help="commits whose delay is measured, of each kind")
    parser.add_argument("--rounds", type=int, default=5, help="of windows with and without the feed; 0 leaves them out")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--no-api", action="store_true", help="leave out writes through admin-django")
    given = parser.parse_args()
    items = make_items(200)
    makers = {"raw SQL": by_sql} if given.no_api else {"raw SQL": by_sql, "admin-django": by_api}
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    with worker(given.port) as port:
        for name, make in makers.items():
            with load(make, items[1:], 200, 2) as took:
                began = time.perf_counter()
                delays = visible(port, make(), items[0], given.count, lambda: None)
                rate = len(took) / (time.perf_counter() - began)
            print(f"{name}: {percentiles(delays)} at {rate:.0f} other writes a second")
        with load(by_sql, items[1:], 200, 2):
            print(f"link cut: {percentiles(visible(port, by_sql(), items[0], max(1, given.count // 10), cut))}")
    pairs = []
    try:
        for number in range(given.rounds):
            first = number % 2 == 0  # so that neither always comes first
            one, other = (cost(items, 500, given.seconds, feeds) for feeds in (first, not first))
            pairs.append((one, other) if first else (other, one))
    finally:
        switch(True)
    for column, what in enumerate(("µs of CPU time per write", "ms median latency")):
        if pairs:
            rows = [(fed[column], bare[column]) for fed, bare in pairs]
            ratio = statistics.median(fed / bare for fed, bare in rows)
            fed, bare = (statistics.median(side) for side in zip(*rows, strict=True))
            print(f"with the feed {fed:.2f}, without {bare:.2f} {what}: ratio {ratio:.2f}")


def percentiles(delays: list[float]) -> str:
    """Describe sorted delays."""
    p50, p99 = (delays[min(len(delays) - 1, len(delays) * share // 100)] * 1000 for share in (50, 99))
    return f"commit → visible p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {delays[-1] * 1000:.1f} ms"


if __name__ == "__main__":
    main()
