"""Which node is asked, poll by poll; what real servers do is in `standbys`."""

import asyncio
from collections.abc import Callable
from time import monotonic

import pytest
from api_fastapi import nodes as module
from api_fastapi.cache import Cache, Change
from api_fastapi.events.broadcast import Broadcast
from api_fastapi.feed import Coherence, Poll
from api_fastapi.link import Place
from api_fastapi.links import Links
from api_fastapi.node import Node
from api_fastapi.nodes import Nodes
from api_fastapi.settings import Settings
from api_fastapi.snapshot import Snapshot

LIFE = "7/1/1 00000001/first"


def poll(covered: str, life: str = LIFE, began: float | None = None) -> Poll:
    return Poll(monotonic() if began is None else began, covered, Snapshot.parse(covered), covered, life, False, [])


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Nodes, Node, Node], None]], None]:
    """Give a scene a primary and two standbys that nothing is read from; probation is over at once."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:none@127.0.0.1:1/none")
    monkeypatch.setenv("READ_DATABASE_URL", "postgresql://nobody:none@127.0.0.1:2,127.0.0.1:3/none")
    monkeypatch.setattr(module, "_PROBATION", 0)

    async def play(scene: Callable[[Nodes, Node, Node], None]) -> None:
        settings = Settings.from_environment()
        place = Place(settings.database_url)
        cache = Cache(2**20)
        nodes = Nodes(settings, cache, Links(settings, 1, "auto", place), Links(settings, 1, "auto", place), place)
        nodes.report_to(Coherence(cache, Broadcast(nodes, cache, nodes, 0)))
        scene(nodes, *nodes._standbys)

    return lambda scene: asyncio.run(play(scene))


Play = Callable[[Callable[[Nodes, Node, Node], None]], None]


def test_a_standby_is_followed_when_it_has_what_the_primary_had_shown(play: Play) -> None:
    def scene(nodes: Nodes, one: Node, other: Node) -> None:
        nodes.primary.polled(poll("10:10:"))
        one.polled(poll("9:9:"))
        assert nodes.followed is nodes.primary
        one.polled(poll("10:10:"))
        assert nodes.followed is one

    play(scene)


def test_a_standby_that_is_behind_the_one_that_died_is_not_followed_even_if_nobody_else_is_there(play: Play) -> None:
    def scene(nodes: Nodes, one: Node, other: Node) -> None:
        nodes.primary.polled(poll("10:10:"))
        one.polled(poll("10:10:"))
        other.polled(poll("10:10:"))
        one.polled(poll("10:15:10"))
        nodes.primary.lost()
        assert nodes.followed is one
        one.lost()
        assert nodes.followed is nodes.primary
        other.polled(poll("12:12:"))
        assert nodes.followed is nodes.primary
        other.polled(poll("10:15:10"))
        assert nodes.followed is other

    play(scene)


def test_a_standby_that_lags_too_much_is_left(play: Play) -> None:
    def scene(nodes: Nodes, one: Node, other: Node) -> None:
        now = monotonic()
        nodes.primary.polled(poll("10:10:", began=now - 1.05))
        one.polled(poll("10:10:", began=now - 1.05))
        assert nodes.followed is one
        nodes.primary.polled(poll("20:20:", began=now - 0.5))
        one.polled(poll("10:10:", began=now))
        assert nodes.followed is one
        nodes.primary.polled(poll("30:30:", began=now))
        one.polled(poll("10:10:", began=now))
        assert nodes.followed is nodes.primary

    play(scene)


@pytest.mark.parametrize("life", ["7/1/1 00000001/second", "7/1/1 00000000/first", "8/1/1 00000009/first"])
def test_a_standby_that_carries_another_life_is_not_followed(play: Play, life: str) -> None:
    def scene(nodes: Nodes, one: Node, other: Node) -> None:
        nodes.primary.polled(poll("10:10:"))
        one.polled(poll("10:10:", life))
        assert nodes.followed is nodes.primary
        nodes.primary.polled(poll("10:10:"))
        assert nodes._usable.is_set()

    play(scene)


def test_a_standby_that_carries_a_later_timeline_proves_the_primary_old(play: Play) -> None:
    def scene(nodes: Nodes, one: Node, other: Node) -> None:
        nodes.primary.polled(poll("10:10:"))
        one.polled(poll("10:10:", "7/1/1 00000002/second"))
        assert not nodes._usable.is_set()
        nodes.primary.polled(poll("11:11:"))
        assert not nodes._usable.is_set()
        nodes.primary.polled(poll("11:11:", "7/1/1 00000002/second"))
        assert nodes._usable.is_set()

    play(scene)


def test_nobody_is_trusted_before_the_primary_was_seen(play: Play) -> None:
    def scene(nodes: Nodes, one: Node, other: Node) -> None:
        one.polled(poll("10:10:"))
        assert nodes.followed is nodes.primary and not nodes._usable.is_set()

    play(scene)


def test_what_a_standby_showed_the_primary_does_not_take_back_before_it_has_it_itself(play: Play) -> None:
    def scene(nodes: Nodes, one: Node, other: Node) -> None:
        primary, standby = nodes.primary.reader._ledger, one.reader._ledger
        nodes.primary.polled(poll("10:10:"))
        one.polled(poll("10:10:"))
        assert not standby.show("11:11:", 0.0, [(7, 2), (8, None)])
        one.polled(poll("11:11:"))
        nodes.primary.polled(poll("10:11:10"))
        one.polled(poll("11:11:"))
        assert primary.show("10:11:10", 0.0, [(7, 1), (8, 1), (9, 1)]) == {7, 8}
        assert not primary.show("11:11:", 0.0, [(7, 2), (8, None)])
        assert not standby.show("11:11:", 0.0, [(7, 2), (8, None)])
        one.polled(poll("11:11:"))
        nodes.primary.polled(poll("11:11:"))
        one.polled(poll("11:11:"))
        assert not primary.show("12:12:", 0.0, [(8, 3)])  # made anew

    play(scene)


def test_a_read_of_a_standby_that_lacks_what_its_feed_has_told_is_refused(play: Play) -> None:
    def scene(nodes: Nodes, one: Node, other: Node) -> None:
        nodes.primary.polled(poll("10:10:"))
        one.polled(poll("10:10:"))
        one.polled(poll("11:11:")._replace(changes=[Change(10, 7, 3)]))
        assert one.reader._ledger.show("10:10:", 0.0, [(7, 2), (8, 1)]) == {7}

    play(scene)


def test_while_the_primary_is_away_what_was_shown_is_not_kept_for_long(play: Play) -> None:
    def scene(nodes: Nodes, one: Node, other: Node) -> None:
        nodes.primary.polled(poll("10:10:"))
        one.polled(poll("10:10:"))
        nodes.primary.lost()
        one.reader._ledger.show("11:11:", 0.0, [(7, 2)])
        one.polled(poll("11:11:"))
        assert len(nodes.shown) == 1
        one.polled(poll("11:11:", began=monotonic() + 1.1))
        assert len(nodes.shown) == 0

    play(scene)
