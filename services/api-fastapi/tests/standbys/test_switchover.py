"""The primary is changed on purpose: it is stopped in order, a standby is promoted, and the old one follows the new."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.running import Service, eventually
from tests.standbys.cluster import cluster
from tests.standbys.scene import NO_CACHE, scene, write


@dataclass
class Readers:
    """Default reads all the time: of what the cache has, of what it has not, and lists."""

    service: Service
    item: int
    over: threading.Event = field(default_factory=threading.Event)
    answered: list[float] = field(default_factory=list)
    slow: list[tuple[float, str]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Read until it is over."""
        began = time.monotonic()
        while not self.over.is_set():
            others = [f"/api/items/{random.randrange(10**9)}/", f"/api/items/?limit={random.randrange(1, 200)}"]
            for target in (f"/api/items/{self.item}/", *others):
                begin = time.monotonic()
                answer = self.service.ask(target)
                if answer.status not in (200, 404):
                    self.failed.append(f"{begin - began:.2f} s: {target} {answer.status} {answer.body.decode()}")
                self.answered.append(time.monotonic() - begin)
                if target.endswith(f"/{self.item}/") and answer.status == 200:
                    self.shown.append(str(answer.json()["name"]))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read meanwhile, with four clients."""
        threads = [threading.Thread(target=self.read) for _ in range(1)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join()


@pytest.mark.parametrize("others", [0, 1])
def test_a_planned_switchover_costs_no_read(others: int) -> None:
    with cluster() as made:
        old = made.primary()
        new = made.standby(old, "new")
        more = [made.standby(old, f"other {number}") for number in range(others)]
        with scene([old, new], [old, new, *more]) as here:
            here.write("1")
            eventually(lambda: here.shown() == "1")
            here.reads_from(new, *more)
            readers = Readers(here.service, here.item)
            with readers.reading():
                begin = time.monotonic()
                old.stop()
                print(f"stopped after {time.monotonic() - begin:.2f} s")
                new.promote()
                print(f"promoted after {time.monotonic() - begin:.2f} s")
                for standby in more:
                    standby.stop()
                    standby.start(new)
                old.start(new)
                print(f"followed after {time.monotonic() - begin:.2f} s")
                write(new, here.item, "2")
                eventually(lambda: here.shown() == "2", 10)
                assert here.shown(*NO_CACHE) == "2"
            print(f"{len(readers.answered)} reads, {len(readers.failed)} failed, slowest {max(readers.answered):.2f} s")
            print("\n".join(readers.failed))
            assert readers.failed == []
            assert readers.shown == sorted(readers.shown)
