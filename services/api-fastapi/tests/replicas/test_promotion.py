"""The primary dies and a standby takes its place: reads go on, and nobody serves what was left behind."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.replicas.cluster import cluster
from tests.replicas.fixtures import NO_CACHE, Scene, scene, url, write
from tests.running import eventually


@contextmanager
def asked_all_the_time(here: Scene) -> Iterator[list[str]]:
    """Collect what a reader that never rests is shown."""
    over = threading.Event()
    shown: list[str] = []

    def read() -> None:
        while not over.is_set():
            shown.append(here.shown())

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield shown
    finally:
        over.set()
        thread.join()


def in_order(shown: list[str]) -> bool:
    """Tell whether a reader was shown numbers that never go down, and nothing else."""
    return [int(name) for name in shown] == sorted(int(name) for name in shown)


@pytest.mark.long
def test_a_promotion_costs_no_read_and_the_old_timeline_is_not_asked() -> None:
    with cluster() as made:
        old = made.primary()
        new, left_behind = made.standby(old, "new"), made.standby(old, "left behind")
        with scene([old, new], [new, left_behind]) as here:
            here.write("1")
            eventually(lambda: here.shown() == "1")
            here.reads_from(new, left_behind)
            with asked_all_the_time(here) as shown:
                old.kill()
                new.promote()
                # whoever names both servers writes again
                begin = time.monotonic()
                several = url("TRIPTYCH_DATABASE_URL", old, new, more="?target_session_attrs=read-write")
                with psycopg.connect(several, autocommit=True) as writer:
                    assert writer.execute("SELECT inet_server_port()").fetchone() == (new.port,)
                write(new, here.item, "2")
                eventually(lambda: here.shown() == "2")
                print(f"written and shown after {time.monotonic() - begin:.1f} s")
                assert here.shown(*NO_CACHE) == "2"
                # the other standby still waits for the old primary: it has "1", and is never asked again
                for number in range(3, 30):
                    write(new, here.item, str(number))
                    eventually(lambda n=number: here.shown() == str(n))  # type: ignore[misc]
            assert in_order(shown)
            promoted = Scene(here.service, new, [left_behind], here.item)
            promoted.reads_from(new)
            assert here.service.ask("/readyz").status == 200

            # once it follows the new primary, it is taken back
            left_behind.stop()
            left_behind.start(new)
            promoted.reads_from(left_behind)
            write(new, here.item, "30")
            eventually(lambda: here.shown() == "30")


@pytest.mark.long
def test_neither_another_cluster_nor_an_old_primary_is_believed() -> None:
    with cluster() as made:
        primary = made.primary()
        stranger = made.primary("stranger")
        theirs, ours = made.standby(stranger, "theirs"), made.standby(primary, "ours")
        with scene([primary], [theirs, ours]) as here:
            here.write("1")
            eventually(lambda: here.shown() == "1")
            assert here.reads_from(theirs, ours) is ours
            ours.kill()
            here.write("2")
            eventually(lambda: here.shown() == "2")
            here.reads_from(primary)
            ours.start(primary)
            here.reads_from(ours)

            # it has a primary of its own now: what a standby carries that says so outweighs the word of the old one
            ours.promote()
            fresh = made.standby(ours, "fresh")
            assert ours.ask("SELECT item_feed_attend()") is not None
            write(ours, here.item, "3")
            here.write("lost")
        with scene([primary], [fresh]) as here:
            eventually(lambda: {here.shown(), here.shown(*NO_CACHE)} == {"503"})
