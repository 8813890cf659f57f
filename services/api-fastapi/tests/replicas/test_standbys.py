"""One primary and two standbys: who is asked while they come and go, and that nothing is taken back meanwhile."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.events.follower import Follower
from tests.replicas.cluster import Server, cluster
from tests.replicas.fixtures import NO_CACHE, Scene, scene, write
from tests.running import eventually


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server, Server]]:
    """A primary and two standbys."""
    with cluster() as made:
        primary = made.primary()
        yield primary, made.standby(primary, "left"), made.standby(primary, "right")


@pytest.fixture(scope="module")
def here(servers: tuple[Server, Server, Server]) -> Iterator[Scene]:
    """A service on them."""
    primary, *standbys = servers
    with scene([primary, *standbys], standbys) as made:
        yield made


@pytest.fixture
def standbys(servers: tuple[Server, Server, Server], here: Scene) -> list[Server]:
    """The standbys, the one that is asked now first."""
    asked = here.reads_from(*servers[1:])
    return sorted(servers[1:], key=lambda server: server is not asked)


def test_a_change_comes_through_a_standby(here: Scene, standbys: list[Server]) -> None:
    assert here.shown() == "first"
    for number in range(10):
        here.write(f"number {number}")
        eventually(lambda n=number: here.shown() == f"number {n}")  # type: ignore[misc]
    here.reads_from(standbys[0])


def test_what_the_primary_showed_a_standby_that_lags_does_not_take_back(here: Scene, standbys: list[Server]) -> None:
    for standby in standbys:
        standby.ask("ALTER SYSTEM SET recovery_min_apply_delay = '400ms'")
        standby.ask("SELECT pg_reload_conf()")
    try:
        for number in range(5):
            here.write(f"newest {number}")
            assert here.shown(*NO_CACHE) == f"newest {number}"
            for _ in range(30):
                assert here.shown() == f"newest {number}"
                page = here.service.ask("/api/items/?sort=-id&limit=1").json()
                assert page[0]["name"] == f"newest {number}"
    finally:
        for standby in standbys:
            standby.ask("ALTER SYSTEM RESET recovery_min_apply_delay")
            standby.ask("SELECT pg_reload_conf()")


def test_a_standby_that_is_paused_is_left_and_taken_back(here: Scene, standbys: list[Server]) -> None:
    first, second = standbys
    first.ask("SELECT pg_wal_replay_pause()")
    here.reads_from(second)
    second.ask("SELECT pg_wal_replay_pause()")
    here.reads_from(here.primary)
    here.write("while they are paused")
    eventually(lambda: here.shown() == "while they are paused")
    first.ask("SELECT pg_wal_replay_resume()")
    here.reads_from(first)
    assert here.shown() == "while they are paused"
    second.ask("SELECT pg_wal_replay_resume()")


def test_a_standby_that_is_killed_costs_no_answer(here: Scene, standbys: list[Server]) -> None:
    first, second = standbys
    first.kill()
    here.write("one is dead")
    eventually(lambda: here.shown() == "one is dead")
    here.reads_from(second)
    second.kill()
    here.write("both are dead")
    eventually(lambda: here.shown() == "both are dead")
    here.reads_from(here.primary)
    for standby in standbys:
        standby.start(here.primary)


def test_while_the_primary_is_away_reads_go_on(here: Scene, standbys: list[Server]) -> None:
    here.write("the last")
    eventually(lambda: here.shown() == "the last")
    here.primary.kill()
    for _ in range(20):
        assert here.shown() == "the last"
        assert here.service.ask("/api/items/?limit=1").status == 200
    assert here.shown(*NO_CACHE) == "503"
    # what has no versions goes to the primary until it is seen to be away
    eventually(lambda: here.service.ask("/readyz").status == 200)
    eventually(lambda: here.service.ask("/api/categories/").status == 200)
    here.primary.start()
    here.write("it is back")
    eventually(lambda: here.shown() == "it is back")
    assert here.shown(*NO_CACHE) == "it is back"


@contextmanager
def each_renamed_once(here: Scene, items: list[int]) -> Iterator[None]:
    """Rename one after the other meanwhile, and the rest in the end."""
    over = threading.Event()

    def rename() -> None:
        with psycopg.connect(here.primary.url("TRIPTYCH_DATABASE_URL"), autocommit=True) as writer:
            for item in items:
                writer.execute("UPDATE items SET name = 'renamed' WHERE id = %s", [item])
                over.wait(0.005)

    thread = threading.Thread(target=rename)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_stream_misses_no_change_while_nodes_are_left_and_taken_back(here: Scene, standbys: list[Server]) -> None:
    category = f"streamed-{uuid.uuid4().hex}"
    with psycopg.connect(here.primary.url("TRIPTYCH_DATABASE_URL"), autocommit=True) as writer:
        writer.execute("INSERT INTO categories (slug, name) VALUES (%s, 'Streamed')", [category])
        rows = writer.execute(
            "INSERT INTO items (name, description, price, category)"
            " SELECT 'before', '', 1, %s FROM generate_series(1, 1500) RETURNING id",
            [category],
        ).fetchall()
    items = [item for (item,) in rows]
    # which of them it is may have changed: so many items may make one lag
    first = here.reads_from(*standbys)
    [second] = [standby for standby in standbys if standby is not first]
    eventually(lambda: here.service.ask(f"/api/items/{items[-1]}/").status == 200)
    with Follower(here.service.port, f"?category={category}").joined() as follower:
        with each_renamed_once(here, items):
            # it is left when it is a second behind, of which the other's feed has told by then
            first.ask("ALTER SYSTEM SET recovery_min_apply_delay = '10s'")
            first.ask("SELECT pg_reload_conf()")
            here.reads_from(second)
            first.ask("ALTER SYSTEM RESET recovery_min_apply_delay")
            first.ask("SELECT pg_reload_conf()")
            second.kill()
            here.reads_from(first)
            second.start(here.primary)
        write(here.primary, items[0], "the last")
        told = follower.until(items[0], "the last")
        assert {event.kind for event in told} == {"changed"}
        assert {event.data["id"] for event in told if event.data["name"] != "before"} == set(items)


def test_a_change_that_commits_late_is_told_to_who_comes_back(servers: tuple[Server, Server, Server]) -> None:
    """Also right after it was told to others, when the position of all streams is still behind it: polls are rare."""
    primary, *standbys = servers
    with (
        scene([primary], standbys, FEED_POLL_MS="500") as here,
        psycopg.connect(primary.url("TRIPTYCH_DATABASE_URL")) as slow,
    ):
        here.reads_from(*standbys)
        row = slow.execute(
            "INSERT INTO items (name, description, price) VALUES ('late', '', 1) RETURNING id"
        ).fetchone()
        assert row is not None
        query = f"?ids={here.item},{row[0]}"
        with Follower(here.service.port, query).joined() as follower:
            for name in ("earlier", "earliest"):  # the second one's position has the first behind it
                here.write(name)
                follower.until(here.item, name)
        with Follower(here.service.port, query).joined() as another:
            slow.commit()
            another.until(row[0], "late")
        with Follower(here.service.port, query, follower.last_id) as back:
            here.write("the last")
            assert row[0] in {event.data.get("id") for event in back.until(here.item, "the last")}


def test_a_stream_is_resumed_from_a_standby_also_while_the_primary_is_away(here: Scene, standbys: list[Server]) -> None:
    with Follower(here.service.port, f"?ids={here.item}").joined() as follower:
        here.write("told")
        follower.until(here.item, "told")
    here.write("missed")
    name = f"SELECT name FROM items WHERE id = {here.item}"
    eventually(lambda: {standby.ask(name) for standby in standbys} == {"missed"})
    here.primary.kill()
    with Follower(here.service.port, f"?ids={here.item}", follower.last_id) as back:
        assert back.next().data["name"] == "missed"
    here.primary.start()


def test_when_a_standby_is_promoted_reads_go_on_and_the_other_is_not_asked(here: Scene, standbys: list[Server]) -> None:
    """The last one: nothing is as it was after it. `test_promotion.py` has more of this."""
    new, left_behind = standbys
    here.write("before")
    eventually(lambda: here.shown() == "before")
    here.primary.kill()
    new.promote()
    write(new, here.item, "after")
    assert eventually(lambda: {here.shown()} - {"before"}) == {"after"}
    eventually(lambda: here.shown(*NO_CACHE) == "after")
    assert left_behind.ask("SELECT pg_is_in_recovery()")
    for number in range(10):
        write(new, here.item, str(number))
        eventually(lambda n=number: here.shown() == str(n))  # type: ignore[misc]
    assert here.service.ask("/readyz").status == 200
