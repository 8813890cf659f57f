"""Measures: windows of two sides in turn, again and again, and between them nothing else."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from bench import database, latency
from bench.api_styles import Rest
from bench.results import Compared, Promise, Results
from bench.servers import Target
from bench.staleness import Probe
from bench.workloads import SHARE_OF_WRITES, ZIPFIAN, Scene, Workload, change_of
from bench.wrk import Asked, Window, wrk
from tests.bearer import Bearer

PGBENCH = Target("pgbench -M prepared", 0, Rest(), {})  # which has no port, and is asked nothing by HTTP


@dataclass(frozen=True)
class Comparison:
    """Two sides that take turns."""

    over: tuple[Target, Workload]
    under: tuple[Target, Workload]
    promise: Promise | None = None


@dataclass(frozen=True)
class Extent:
    """How much is measured: rounds of windows of so many seconds, and latencies at a rate for so long.

    A section that has taken `limit` seconds begins no further round.
    """

    rounds: int
    seconds: float
    limit: float
    latency_rate: int
    latency_seconds: float


class Measuring:
    """Measures against one running stack, whose database is `connection`'s."""

    def __init__(
        self, told: dict[str, str], scene: Scene, connection: psycopg.Connection[tuple[object, ...]],
        postgres: list[int], bearer: Bearer, extent: Extent, folder: Path, results: Results,
    ) -> None:  # fmt: skip
        """Measure to this extent, with files in `folder`, and add what comes of it to `results`."""
        self._told, self._scene, self._connection, self._postgres = told, scene, connection, postgres
        self._bearer, self._extent, self._folder, self.results = bearer, extent, folder, results
        self._asked: dict[tuple[str, str], Asked] = {}
        self._reads: dict[str, float] = {}  # a second, of the last window in which SQL wrote

    def compare(self, comparisons: Sequence[Comparison], progress: Callable[[str], None]) -> list[Compared]:
        """Measure the comparisons, each round in another order and with the other side first."""
        found = [Compared(_named(each.over), _named(each.under), each.promise) for each in comparisons]
        warmed = dict.fromkeys(side for each in comparisons for side in (each.over, each.under))
        progress(f"warming up {len(warmed)} pairs of server and workload")
        began = time.monotonic()
        for target, workload in warmed:
            self.window(target, replace(workload, longer=1))
        order = list(zip(comparisons, found, strict=True))
        for number in range(self._extent.rounds):
            if number and time.monotonic() - began > self._extent.limit:
                break
            progress(f"round {number + 1} of {self._extent.rounds}, {len(order)} comparisons")
            random.shuffle(order)
            for comparison, compared in order:
                if number % 2:
                    under = self.window(*comparison.under)
                    compared.pairs.append((self.window(*comparison.over), under))
                else:
                    over = self.window(*comparison.over)
                    compared.pairs.append((over, self.window(*comparison.under)))
        self.results.compared += found
        return found

    def window(self, target: Target, workload: Workload) -> Window:
        """Return one window of a server with a workload. Raises RefusedError if it does not answer as it should."""
        seconds = self._extent.seconds * workload.longer
        if target.port == 0:
            url = self._told["TRIPTYCH_API_FASTAPI_DATABASE_URL"]
            return database.pgbench(url, self._scene.count, seconds, self._postgres, self._folder)
        asked = self._requests(target, workload)
        with ExitStack() as meanwhile:
            probe = self._probe(target, workload)
            if probe:
                meanwhile.enter_context(probe)
            if workload.sql_writes:
                meanwhile.enter_context(self._writing(target))
            before, began = database.changes(self._connection), time.monotonic()
            window = wrk(target.port, asked, seconds, target.groups, self._folder)
            while not window.requests and seconds < 60:
                # a busy machine, or a first answer that takes its time
                seconds *= 2
                window = wrk(target.port, asked, seconds, target.groups, self._folder)
            after, lasted = database.changes(self._connection), time.monotonic() - began
        if workload.sql_writes:
            # what was written in the time in which wrk counted
            window = replace(window, writes=round((after - before) * window.seconds / lasted))
            self._reads[target.name] = window.requests / window.seconds
        return replace(window, staleness=probe.summary()) if probe else window

    def _requests(self, target: Target, workload: Workload) -> Asked:
        key = (target.name, workload.key)
        if key not in self._asked:
            reads = [target.prefix + each for each in self._scene.reads(workload, target.dialect)]
            largest = self._scene.largest(workload)
            self._asked[key] = Asked(reads, largest, workload.skew, workload.connections)
        change = change_of(workload, target.dialect)
        if change is None:
            return self._asked[key]
        headers = {**change.headers, **(self._bearer.headers() if target.name.startswith("Triptych") else {})}
        return replace(self._asked[key], change=replace(change, headers=headers), share=SHARE_OF_WRITES)

    def _writing(self, target: Target) -> database.Writing:
        """Return a writer whose share of all requests is as it should be, by the reads of the window before."""
        rate = self._reads.get(target.name, 2000.0) * SHARE_OF_WRITES / (1 - SHARE_OF_WRITES)
        return database.writing(self._told["TRIPTYCH_DATABASE_URL"], self._scene.count, rate, self._folder)

    def _probe(self, target: Target, workload: Workload) -> Probe | None:
        if not (workload.http_writes or workload.sql_writes or workload.hot_key_writes):
            return None
        dialect, item = target.dialect, target.prefix + target.dialect.item()
        return Probe(
            self._told["TRIPTYCH_DATABASE_URL"], target.port, lambda number: item.replace("{id}", str(number)),
            lambda body: int(dialect.read(body)["version"]),
            [1] if workload.hot_key_writes else range(1, 6), writes=workload.hot_key_writes or 20,
        )  # fmt: skip

    def latency(self, target: Target) -> None:
        """Note how long single items take at a steady rate, asked for by Zipf's law."""
        item, power = target.prefix + target.dialect.item(), 1 / (1 - ZIPFIAN.skew)
        span = (self._scene.count + 1) ** (1 - ZIPFIAN.skew) - 1

        def read(chance: random.Random) -> str:
            return item.replace("{id}", str(int((span * chance.random() + 1) ** power)))

        taken = latency.latencies(target.port, read, self._extent.latency_rate, self._extent.latency_seconds)
        self.results.latencies[target.name] = latency.summary(taken)


def _named(side: tuple[Target, Workload]) -> tuple[str, str]:
    return side[0].name, side[1].key
