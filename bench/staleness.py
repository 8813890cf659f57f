"""Whether answers are stale: changes some items by SQL, reads them from a server meanwhile, and compares.

A read is stale by the time between the return of the commit that it should have seen and its being sent; a version that
is newer than any written here is another writer's, and fresh.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.intervals import percentile
from tests.http_client import HttpClient
from tests.threads import Threads


@dataclass(frozen=True)
class Write:
    """One change, with the version that it made and when its commit had returned."""

    item: int
    version: int
    committed: float


@dataclass(frozen=True)
class Read:
    """One answer, with when it was asked for; they are in the order in which one client saw them."""

    item: int
    version: int
    sent: float


def ages(writes: Sequence[Write], reads: Sequence[Read]) -> list[float]:
    """Return for each read for how many seconds a newer version had been committed when it was sent; 0 if fresh."""
    found = []
    for read in reads:
        newer = [write.committed for write in writes if write.item == read.item and write.version > read.version]
        found.append(max(0.0, read.sent - min(newer)) if newer else 0.0)
    return found


def steps_back(reads: Sequence[Read]) -> int:
    """Return how many answers were older than one that the same client had seen before."""
    newest: dict[int, int] = {}
    count = 0
    for read in reads:
        count += read.version < newest.get(read.item, 0)
        newest[read.item] = max(read.version, newest.get(read.item, 0))
    return count


class Probe(Threads):
    """While it is entered, writes and reads some items in turn, so many times a second."""

    def __init__(
        self, url: str, port: int, target: Callable[[int], str], version: Callable[[bytes], int],
        items: Sequence[int], writes: int, reads: int = 200,
    ) -> None:  # fmt: skip
        """Write to the database `url`; read `target(id)` at the port, where `version` finds the version in a body."""
        super().__init__(self._write, self._read)
        self._url, self._port, self._target, self._version = url, port, target, version
        self._rates, self._items = (writes, reads), items
        self.writes: list[Write] = []
        self.reads: list[Read] = []

    def summary(self) -> dict[str, float]:
        """Return what was seen: numbers of reads and writes, staleness in milliseconds, and steps back in time."""
        found = ages(self.writes, self.reads)
        shown: dict[str, Any] = {"writes": len(self.writes), "reads": len(self.reads), "back": steps_back(self.reads)}
        return {**shown, "p99": percentile(found, 0.99) * 1e3, "max": max(found, default=0.0) * 1e3}

    def _beats(self, rate: int) -> Any:
        """Yield at each beat of so many a second, until it is over; late ones are not made up for."""
        due = time.monotonic()
        for item in itertools.cycle(self._items):
            yield item
            due = max(due + 1 / rate, time.monotonic() - 1 / rate)
            if self.over.wait(due - time.monotonic()):
                return

    def _write(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            for item in self._beats(self._rates[0]):
                row = connection.execute(
                    "UPDATE items SET price = 1 + (price::int + 1) %% 999 WHERE id = %s RETURNING version", [item]
                ).fetchone()
                assert row is not None
                self.writes.append(Write(item, row[0], time.monotonic()))

    def _read(self) -> None:
        with HttpClient(f"http://127.0.0.1:{self._port}") as client:
            for item in self._beats(self._rates[1]):
                sent = time.monotonic()
                reply = client.get(self._target(item))
                if reply.status == 200:
                    self.reads.append(Read(item, self._version(reply.body), sent))
