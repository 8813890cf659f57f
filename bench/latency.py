"""How long answers take at a steady rate, counted from when each request was due, not from when it could be sent.

A closed loop stops asking while a server is slow, and so leaves out of its percentiles what others would have waited
(coordinated omission). Here requests are due by the clock; one that finds all connections taken waits, and that counts.
"""

import asyncio
import random
import time
from collections.abc import Callable

import uvloop

from bench.intervals import percentile


def latencies(port: int, target: Callable[[random.Random], str], rate: int, seconds: float) -> list[float]:
    """Return the seconds that each of `rate` × `seconds` reads took. Raises OSError if an answer is not 200."""
    return uvloop.run(_run(port, target, rate, seconds))


def summary(values: list[float]) -> dict[str, float]:
    """Return the percentiles, in milliseconds."""
    shares = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    return {name: percentile(values, share) * 1e3 for name, share in shares.items()} | {"max": max(values) * 1e3}


async def _run(port: int, target: Callable[[random.Random], str], rate: int, seconds: float) -> list[float]:
    idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(32)]
    for stream in streams:
        idle.put_nowait(stream)
    taken: list[float] = []
    chance = random.Random(port)

    async def ask(due: float) -> None:
        reader, writer = stream = await idle.get()
        writer.write(f"GET {target(chance)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        await _answer(reader)
        taken.append(time.perf_counter() - due)
        idle.put_nowait(stream)

    try:
        start = time.perf_counter() + 0.05
        async with asyncio.TaskGroup() as group:
            for number in range(round(rate * seconds)):
                due = start + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(ask(due))
    finally:
        for _, writer in streams:
            writer.close()
    return taken


async def _answer(reader: asyncio.StreamReader) -> None:
    """Read one answer to its end; all servers here say its length."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200 "):
        raise OSError(f"not answered with 200: {head[:60]!r}")
    await reader.readexactly(int(head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]))
