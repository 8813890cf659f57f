"""Which server is asked, poll by poll; what real servers do is in `standbys`."""

import asyncio
from collections.abc import Callable
from time import monotonic

import pytest
from api_fastapi.cache.coherent_cache import CoherentCache
from api_fastapi.change_feed.change import Change
from api_fastapi.change_feed.poller import Poll
from api_fastapi.database.snapshot import Snapshot
from api_fastapi.engine import Coherence
from api_fastapi.events.fanout import EventFanout
from api_fastapi.replicas import selection as module
from api_fastapi.replicas.router import ReplicaRouter
from api_fastapi.replicas.selection import Selection
from api_fastapi.replicas.server import PolledServer
from api_fastapi.settings import Settings

INCARNATION = "7/1/1 00000001/first"


def poll(bound: str, incarnation: str = INCARNATION, began: float | None = None) -> Poll:
    return Poll(monotonic() if began is None else began, bound, Snapshot.parse(bound), bound, incarnation, False, [])


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Selection, PolledServer, PolledServer], None]], None]:
    """Give a scene a primary and two standbys that nothing is read from; probation is over at once."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:none@127.0.0.1:1/none")
    monkeypatch.setenv("READ_DATABASE_URL", "postgresql://nobody:none@127.0.0.1:2,127.0.0.1:3/none")
    monkeypatch.setattr(module, "_PROBATION", 0)

    async def play(scene: Callable[[Selection, PolledServer, PolledServer], None]) -> None:
        cache = CoherentCache(2**20)
        router = ReplicaRouter(Settings.from_environment(), cache)
        pollers = router.tasks(Coherence(cache, EventFanout(router, cache, 0)))
        scene(router.selection, *router.selection._standbys)
        for poller in pollers:
            poller.close()

    return lambda scene: asyncio.run(play(scene))


Play = Callable[[Callable[[Selection, PolledServer, PolledServer], None]], None]


def test_a_standby_is_followed_when_it_has_what_the_primary_had_shown(play: Play) -> None:
    def scene(selection: Selection, one: PolledServer, other: PolledServer) -> None:
        selection.primary.polled(poll("10:10:"))
        one.polled(poll("9:9:"))
        assert selection.followed is selection.primary
        one.polled(poll("10:10:"))
        assert selection.followed is one

    play(scene)


def test_a_standby_that_is_behind_the_one_that_died_is_not_followed_even_if_nobody_else_is_there(play: Play) -> None:
    def scene(selection: Selection, one: PolledServer, other: PolledServer) -> None:
        selection.primary.polled(poll("10:10:"))
        one.polled(poll("10:10:"))
        other.polled(poll("10:10:"))
        one.polled(poll("10:15:10"))
        selection.primary.lost()
        assert selection.followed is one
        one.lost()
        assert selection.followed is selection.primary
        other.polled(poll("12:12:"))
        assert selection.followed is selection.primary
        other.polled(poll("10:15:10"))
        assert selection.followed is other

    play(scene)


def test_a_standby_that_lags_too_much_is_left(play: Play) -> None:
    def scene(selection: Selection, one: PolledServer, other: PolledServer) -> None:
        now = monotonic()
        selection.primary.polled(poll("10:10:", began=now - 1.05))
        one.polled(poll("10:10:", began=now - 1.05))
        assert selection.followed is one
        selection.primary.polled(poll("20:20:", began=now - 0.5))
        one.polled(poll("10:10:", began=now))
        assert selection.followed is one
        selection.primary.polled(poll("30:30:", began=now))
        one.polled(poll("10:10:", began=now))
        assert selection.followed is selection.primary

    play(scene)


@pytest.mark.parametrize("incarnation", ["7/1/1 00000001/second", "7/1/1 00000000/first", "8/1/1 00000009/first"])
def test_a_standby_that_carries_another_incarnation_is_not_followed(play: Play, incarnation: str) -> None:
    def scene(selection: Selection, one: PolledServer, other: PolledServer) -> None:
        selection.primary.polled(poll("10:10:"))
        one.polled(poll("10:10:", incarnation))
        assert selection.followed is selection.primary
        selection.primary.polled(poll("10:10:"))
        assert selection.usable.is_set()

    play(scene)


def test_a_standby_that_carries_a_later_timeline_proves_the_primary_old(play: Play) -> None:
    def scene(selection: Selection, one: PolledServer, other: PolledServer) -> None:
        selection.primary.polled(poll("10:10:"))
        one.polled(poll("10:10:", "7/1/1 00000002/second"))
        assert not selection.usable.is_set()
        selection.primary.polled(poll("11:11:"))
        assert not selection.usable.is_set()
        selection.primary.polled(poll("11:11:", "7/1/1 00000002/second"))
        assert selection.usable.is_set()

    play(scene)


def test_nobody_is_trusted_before_the_primary_was_seen(play: Play) -> None:
    def scene(selection: Selection, one: PolledServer, other: PolledServer) -> None:
        one.polled(poll("10:10:"))
        assert selection.followed is selection.primary and not selection.usable.is_set()

    play(scene)


def test_what_a_standby_showed_the_primary_does_not_take_back_before_it_has_it_itself(play: Play) -> None:
    def scene(selection: Selection, one: PolledServer, other: PolledServer) -> None:
        primary, standby = selection.primary.items._admission, one.items._admission
        selection.primary.polled(poll("10:10:"))
        one.polled(poll("10:10:"))
        assert not standby.returning("11:11:", 0.0, [(7, 2), (8, None)])
        one.polled(poll("11:11:"))
        selection.primary.polled(poll("10:11:10"))
        one.polled(poll("11:11:"))
        assert primary.returning("10:11:10", 0.0, [(7, 1), (8, 1), (9, 1)]) == {7, 8}
        assert not primary.returning("11:11:", 0.0, [(7, 2), (8, None)])
        assert not standby.returning("11:11:", 0.0, [(7, 2), (8, None)])
        one.polled(poll("11:11:"))
        selection.primary.polled(poll("11:11:"))
        one.polled(poll("11:11:"))
        assert not primary.returning("12:12:", 0.0, [(8, 3)])  # made anew

    play(scene)


def test_a_read_of_a_standby_that_lacks_what_its_feed_has_told_is_refused(play: Play) -> None:
    def scene(selection: Selection, one: PolledServer, other: PolledServer) -> None:
        selection.primary.polled(poll("10:10:"))
        one.polled(poll("10:10:"))
        one.polled(poll("11:11:")._replace(changes=[Change(10, 7, 3)]))
        assert one.items._admission.returning("10:10:", 0.0, [(7, 2), (8, 1)]) == {7}

    play(scene)


def test_while_the_primary_is_away_what_was_shown_is_not_kept_for_long(play: Play) -> None:
    def scene(selection: Selection, one: PolledServer, other: PolledServer) -> None:
        selection.primary.polled(poll("10:10:"))
        one.polled(poll("10:10:"))
        selection.primary.lost()
        one.items._admission.returning("11:11:", 0.0, [(7, 2)])
        one.polled(poll("11:11:"))
        assert len(selection.returned) == 1
        one.polled(poll("11:11:", began=monotonic() + 1.1))
        assert len(selection.returned) == 0

    play(scene)
