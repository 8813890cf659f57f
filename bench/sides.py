"""What `bench.against` measures of a build: workloads, and the memory of a worker of api-fastapi."""

import random
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from bench import workloads as w
from bench.builds import Build
from bench.servers import Target
from bench.workloads import Scene, Workload
from bench.wrk import Asked, wrk
from tests.bearer import Bearer
from tests.http_client import HttpClient
from tests.wait import until

MEMORY = "memory"
READS = 200  # of each kind, before a worker's memory is looked at


@dataclass(frozen=True)
class Named:
    """What one may choose: a workload, and which server of a build has it."""

    says: str
    workload: Workload
    url: str = ""  # the variable that has the server's URL; without one, an api-fastapi without a cache
    writes: bool = False  # every request changes an item


WRITES = replace(w.UNIFORM, connections=8)  # as many as admin-django has threads
NAMED = {
    "hit": Named("the 1,000 hottest items, from api-fastapi's cache", w.HOTTEST, "TRIPTYCH_FASTAPI_URL"),
    "gateway": Named("the same, at the gateway", w.HOTTEST, "TRIPTYCH_URL"),
    "item": Named("single items, past every cache", w.UNIFORM),
    "list": Named("lists of 50, past every cache", w.SHALLOW),
    "search": Named("the first 50 with one or two words, past every cache", w.SEARCH),
    "write": Named("changes of an item, at admin-django", WRITES, "TRIPTYCH_DJANGO_URL", writes=True),
}


@dataclass
class Side:
    """A build, and what it is asked."""

    build: Build
    uncached: Target
    scene: Scene
    bearer: Bearer
    folder: Path
    others: list[float] = field(default_factory=list)  # the share of the machine that other programs had, by window

    def figures(self, name: str, seconds: float) -> dict[str, float]:
        """Return what a window of a workload comes to, or the memory of a worker, each figure by what it is."""
        return self._memory() if name == MEMORY else self._window(NAMED[name], seconds)

    def _window(self, named: Named, seconds: float) -> dict[str, float]:
        target = self.build.server(named.url) if named.url else self.uncached
        workload, dialect = named.workload, target.dialect
        asked = Asked(
            self.scene.reads(workload, dialect), self.scene.largest(workload), workload.skew, workload.connections
        )
        if named.writes:
            headers = {**dialect.change.headers, **self.bearer.headers()}
            asked = replace(asked, change=replace(dialect.change, headers=headers), share=1.0)
        window = wrk(target.port, asked, seconds, target.groups, self.folder)
        self.others.append(window.others)
        return {"requests a second": window.rate, "µs of CPU a request": window.microseconds}

    def _memory(self) -> dict[str, float]:
        chance = random.Random(1)
        with self.build.api_fastapi() as worker, HttpClient(f"http://127.0.0.1:{worker.port}") as client:
            for workload in (w.UNIFORM, w.SHALLOW, w.SEARCH):
                for target in chance.choices(self.scene.reads(workload, worker.dialect), k=READS):
                    reply = client.get(target.replace("{id}", str(chance.randint(1, self.scene.count))))
                    assert reply.status == 200, str(reply)
            return until(lambda: _when_idle(worker.groups["api-fastapi"][0]), "the worker takes no more memory") or {}


def _when_idle(pid: int) -> dict[str, float] | None:
    """Return what a process and its children take, in MB; None while that changes."""
    before = _taken(pid)
    time.sleep(0.5)
    after = _taken(pid)
    return after if all(abs(after[what] - before[what]) < 0.1 for what in after) else None


def _taken(pid: int) -> dict[str, float]:
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    maps = [each.memory_full_info() for each in family]
    shared, own = (sum(getattr(each, kind) for each in maps) / 1e6 for kind in ("pss", "uss"))
    return {"MB, shared pages by users (PSS)": shared, "MB that it shares with nobody (USS)": own}
