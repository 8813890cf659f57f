"""How fast api-fastapi is beside others on this machine, as ratios: `python bench/lane.py` with a seeded database.

TRIPTYCH_API_FASTAPI_DATABASE_URL names it, PYTHONPATH holds services/api-fastapi and shared, wrk is in PATH. Peers that
are not part of the project are left out unless they are named: --asyncpg takes a Python with fastapi, uvicorn, uvloop,
httptools and asyncpg; --fastify a node_modules with fastify and pg; --pgbench the program.

Each round gives every target a window of load in turn; a ratio is the median of the rounds' ratios. Two are printed: of
requests per second, which other work on the machine disturbs, and of CPU time per request of the server's process.
"""

import argparse
import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(__file__).resolve().parent / "peers"
ID = "X-Request-Id: 4d963e3006c6f35fd2ad09ae96aceb59"
RANDOM_ITEM = """
request = function() return wrk.format("GET", "/api/items/" .. math.random(1, 1000000) .. "/") end
"""
RANDOM_LIST = """
request = function() return wrk.format("GET", "/api/items/?sort=price&min_price=" .. math.random(0, 9999) / 100) end
"""


class Target:
    """A server, and what to ask it."""

    def __init__(self, name: str, port: int, command: list[str], path: str = "", script: str = "", **more: str) -> None:
        self.name, self.port, self.path, self.script = name, port, path, script
        self.process = subprocess.Popen(command, env={**os.environ, **more}, cwd=ROOT, stderr=subprocess.DEVNULL)

    def wait(self) -> None:
        """Return when it answers."""
        for _ in range(600):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            with suppress(OSError), closing(connection):
                connection.request("GET", "/api/items/7/")
                connection.getresponse().read()
                return
            time.sleep(0.1)
        sys.exit(f"{self.name} does not answer")

    def window(self, seconds: float, folder: str) -> tuple[float, float]:
        """Load it; return requests per second and microseconds of its CPU time per request."""
        script = Path(folder) / "script.lua"
        script.write_text(self.script, encoding="ascii")
        watched = psutil.Process(self.process.pid)
        before = sum(watched.cpu_times()[:2])
        command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "-H", ID, "-s", str(script)]
        out = subprocess.run(
            [*command, f"http://127.0.0.1:{self.port}{self.path}"], capture_output=True, text=True, check=True
        ).stdout
        cpu = sum(watched.cpu_times()[:2]) - before
        done = re.search(r"(\d+) requests in ([0-9.]+)s", out)
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        assert done, out
        if refused and int(refused[1]) * 10 > int(done[1]):
            sys.exit(f"{self.name}: {out}")
        return int(done[1]) / float(done[2]), cpu / int(done[1]) * 1e6


def pgbench(program: str, url: str, seconds: int, folder: str) -> float:
    """Return how many prepared SELECTs of one item Postgres answers in a second, on 8 connections."""
    script = Path(folder) / "one.sql"
    columns = "id, name, description, price, sku, category, version, created_at, updated_at"
    script.write_text(f"\\set id random(1, 1000000)\nSELECT {columns} FROM items WHERE id = :id;\n", encoding="ascii")
    command = [program, "-n", "-M", "prepared", "-c8", "-j1", f"-T{seconds}", "-f", str(script), url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([0-9.]+)", out)
    assert found, out
    return float(found[1])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("asyncpg", "fastify", "pgbench"):
        parser.add_argument(f"--{option}")
    parser.add_argument("--port", type=int, default=9540)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    given = parser.parse_args()
    url = os.environ["TRIPTYCH_API_FASTAPI_DATABASE_URL"]
    ours, hot = [sys.executable, "-m", "api_fastapi"], "/api/items/7/"
    port = iter(range(given.port, given.port + 20))
    targets: list[Target] = []

    def add(name: str, command: list[str], *arguments: str, path: str = "", script: str = "", **more: str) -> None:
        own = next(port)
        more = {name: value.format(port=own) for name, value in more.items()}
        targets.append(Target(name, own, [*command, *(a.format(port=own) for a in arguments)], path, script, **more))

    mine = {"DATABASE_URL": url, "BIND": "127.0.0.1:{port}"}
    add("hit", ours, path=hot, CACHE_MEMORY_MB="64", **mine)
    add("bare ASGI", [sys.executable, str(PEERS / "bare.py")], "{port}", path=hot)
    add("response model", [sys.executable, str(PEERS / "idiomatic.py")], "{port}", path=hot)
    add("uncached", ours, script=RANDOM_ITEM, CACHE_MEMORY_MB="0", **mine)
    if given.asyncpg:
        add("asyncpg", [given.asyncpg, str(PEERS / "idiomatic.py")], "{port}", url, script=RANDOM_ITEM)
    add("list", ours, script=RANDOM_LIST, CACHE_MEMORY_MB="0", **mine)
    if given.fastify:
        node = ["node", str(PEERS / "fastify.cjs")]
        add("fastify", node, "{port}", url, script=RANDOM_ITEM, NODE_PATH=given.fastify)
        add("fastify list", node, "{port}", url, script=RANDOM_LIST, NODE_PATH=given.fastify)
    results: dict[str, list[tuple[float, float]]] = {target.name: [] for target in targets}
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        for target in targets:
            stack.callback(target.process.terminate)
        for target in targets:
            target.wait()
        for _ in range(given.rounds):
            for target in targets:
                results[target.name].append(target.window(given.seconds, folder))
            if given.pgbench:
                rate = pgbench(given.pgbench, url, given.seconds, folder)
                results.setdefault("pgbench", []).append((rate, float("nan")))
    for name, windows in results.items():
        rate, cpu = (statistics.median(column) for column in zip(*windows, strict=True))
        print(f"{name:16} {rate:9.0f}/s  {cpu:7.1f} µs of CPU")
    for over, under in (
        ("hit", "bare ASGI"), ("hit", "response model"), ("uncached", "asyncpg"), ("uncached", "fastify"),
        ("uncached", "pgbench"), ("list", "fastify list"),
    ):  # fmt: skip
        if under in results:
            pairs = list(zip(results[over], results[under], strict=True))
            rates = statistics.median(a[0] / b[0] for a, b in pairs)
            cpus = statistics.median(b[1] / a[1] for a, b in pairs)
            print(f"{over} ÷ {under}: {rates:.2f} by rate, {cpus:.2f} by CPU time")


if __name__ == "__main__":
    main()
