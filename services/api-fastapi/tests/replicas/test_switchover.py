"""The primary is changed on purpose: it is stopped in order, a standby is promoted, and the old one follows the new."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
import pytest

from tests.replicas.cluster import Server, cluster
from tests.replicas.fixtures import NO_CACHE, Scene, scene, url, write
from tests.running import Line, Service, eventually, running

ROLE = "TRIPTYCH_API_FASTAPI_DATABASE_URL"


@dataclass
class Reader:
    """Default reads all the time: of an item that the cache has, of one that it has not, and of a list."""

    service: Service
    item: int
    over: threading.Event = field(default_factory=threading.Event)
    seconds: list[float] = field(default_factory=list)
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
                self.seconds.append(time.monotonic() - begin)
                if answer.status not in (200, 404):
                    self.failed.append(f"after {begin - began:.2f} s: {target} {answer.status} {answer.body.decode()}")
                elif target.endswith(f"/{self.item}/"):
                    self.shown.append(str(answer.json()["name"]))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read meanwhile."""
        thread = threading.Thread(target=self.read)
        thread.start()
        try:
            yield
        finally:
            self.over.set()
            thread.join()
            print(f"{len(self.seconds)} reads, {len(self.failed)} failed, slowest {max(self.seconds):.2f} s")

    def go_on(self, reads: int) -> None:
        """Wait until so many more reads were answered, none of them with an error."""
        until = len(self.seconds) + reads
        eventually(lambda: self.failed or len(self.seconds) >= until)
        assert self.failed == []

    def check(self) -> None:
        """Raise AssertionError if any read failed, or went back in time."""
        assert self.failed == []
        assert self.shown == sorted(self.shown)


@pytest.mark.parametrize("others", [0, 1])
def test_where_servers_are_named_a_switchover_costs_no_read(others: int) -> None:
    with cluster() as made:
        old = made.primary()
        new = made.standby(old, "new")
        more = [made.standby(old, f"other {number}") for number in range(others)]
        with scene([old, new], [old, new, *more]) as here:
            here.write("1")
            eventually(lambda: here.shown() == "1")
            Scene(here.service, old, [new, *more], here.item).reads_from(new, *more)
            reader = Reader(here.service, here.item)
            with reader.reading():
                reader.go_on(20)
                old.stop()
                reader.go_on(20)
                new.promote()
                reader.go_on(20)
                old.start(new)
                write(new, here.item, "2")
                eventually(lambda: here.shown() == "2")
                assert here.shown(*NO_CACHE) == "2"
                reader.go_on(50)
            reader.check()


def test_a_change_of_the_schema_is_not_noticed_on_a_standby() -> None:
    with cluster() as made:
        primary = made.primary()
        standby = made.standby(primary, "standby")
        with (
            scene([primary], [standby]) as here,
            psycopg.connect(primary.url("TRIPTYCH_OWNER_DATABASE_URL"), autocommit=True) as owner,
        ):
            here.reads_from(standby)
            reader = Reader(here.service, here.item)
            with reader.reading():
                for length in range(200, 210):
                    owner.execute(f"ALTER TABLE items ALTER sku TYPE varchar({length})".encode())
                    owner.execute(
                        f'ALTER TABLE item_change ALTER left_category TYPE varchar({length}) COLLATE "C"'.encode()
                    )
                    here.write("first" if length % 2 else "second")
                    reader.go_on(6)
                here.reads_from(standby)
            assert reader.failed == []


@contextmanager
def by_services(primary: Server, standby: Server) -> Iterator[tuple[Line, Line, Scene]]:
    """Run the service where one name stands for the primary and one for the standbys, as in a cluster."""
    read_write, read_only = Line("127.0.0.1", primary.port), Line("127.0.0.1", standby.port)
    for line in (read_write, read_only):
        line.connect()
    try:
        with (
            psycopg.connect(primary.url("TRIPTYCH_DATABASE_URL"), autocommit=True) as writer,
            running(
                read_write.through(url(ROLE, primary)),
                READ_DATABASE_URL=read_only.through(url(ROLE, standby)),
                CACHE_MEMORY_MB="8",
            ) as service,
        ):
            row = writer.execute("INSERT INTO items (name, description, price) VALUES ('1', '', 1) RETURNING id")
            here = Scene(service, primary, [standby], int((row.fetchone() or [0])[0]))
            eventually(lambda: service.ask("/readyz").status == 200)
            eventually(lambda: here.shown() == "1")
            here.reads_from(standby)
            yield read_write, read_only, here
    finally:
        for line in (read_write, read_only):
            line.cut()


def test_where_names_follow_late_a_promoted_standby_is_read_on_until_they_do() -> None:
    with cluster() as made:
        old = made.primary()
        new = made.standby(old, "new")
        with by_services(old, new) as (read_write, read_only, here):
            reader = Reader(here.service, here.item)
            with reader.reading():
                reader.go_on(20)
                read_write.cut()
                old.stop()
                reader.go_on(20)
                # it is no standby any more: its name leads nowhere from now on, and that of the primary does not yet
                read_only.refuse()
                new.promote()
                reader.go_on(500)
                assert here.shown(*NO_CACHE) == "503"
                assert here.service.ask("/readyz").status == 200
                write(new, here.item, "2")
                eventually(lambda: here.shown() == "2")
                read_write.lead_to(new.port)
                read_write.connect()
                eventually(lambda: here.shown(*NO_CACHE) == "2")
                write(new, here.item, "3")
                eventually(lambda: here.shown() == "3")
                old.start(new)
                read_only.lead_to(old.port)
                read_only.connect()
                write(new, here.item, "4")
                eventually(lambda: here.shown() == "4")
                Scene(here.service, new, [old], here.item).reads_from(old)
            reader.check()


def test_a_promoted_standby_is_left_when_the_old_primary_comes_back_unaware() -> None:
    """Two primaries of one name are nobody's plan; what was shown of the one that is ahead is not taken back."""
    with cluster() as made:
        old = made.primary()
        new = made.standby(old, "new")
        with by_services(old, new) as (read_write, _, here):
            read_write.cut()
            old.stop()
            new.promote()
            write(new, here.item, "2")
            eventually(lambda: here.shown() == "2")
            old.start()
            read_write.connect()
            write(old, here.item, "lost")
            for _ in range(100):
                assert here.shown() in ("2", "503")
                assert here.shown(*NO_CACHE) == "503"
