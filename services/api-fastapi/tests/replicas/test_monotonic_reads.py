"""What was shown, and who may take it back: nobody."""

from api_fastapi.database.snapshot import Snapshot
from api_fastapi.replicas.monotonic_reads import ReturnedVersions

PRIMARY, STANDBY = "primary", "standby"


class Clock:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_standby_is_behind_where_more_was_shown() -> None:
    shown = ReturnedVersions()
    shown.note(PRIMARY, [(1, 5), (2, None), (3, 7)])
    assert shown.newer_than(STANDBY, [(1, 4), (2, 3), (3, None), (4, 1)]) == {1, 2, 3}
    assert shown.newer_than(STANDBY, [(1, 5), (2, None), (3, 8)]) == set()


def test_who_showed_it_has_it() -> None:
    shown = ReturnedVersions()
    shown.note(STANDBY, [(1, 5)])
    assert shown.newer_than(STANDBY, [(1, 4)]) == set()


def test_an_older_answer_that_is_late_does_not_hide_a_newer_one() -> None:
    shown = ReturnedVersions()
    shown.note(PRIMARY, [(1, 5)])
    shown.note(PRIMARY, [(1, 4)])
    assert shown.newer_than(STANDBY, [(1, 4)]) == {1}


def test_of_what_was_shown_as_there_and_as_gone_nobody_else_is_believed() -> None:
    shown = ReturnedVersions()
    shown.note(PRIMARY, [(1, None), (2, 5)])
    shown.note(PRIMARY, [(1, 5), (2, None)])  # reads that cross: which of them was the later one?
    assert shown.newer_than(STANDBY, [(1, 5), (2, 5)]) == {1, 2}
    assert shown.newer_than(STANDBY, [(1, None), (2, None)]) == {1, 2}
    assert shown.newer_than(PRIMARY, [(1, 5), (2, None)]) == set()


def test_it_is_kept_until_whoever_is_asked_has_it() -> None:
    clock = Clock()
    shown = ReturnedVersions(clock)
    shown.note(STANDBY, [(1, 5)])
    clock.now = 1
    shown.note(PRIMARY, [(2, 5)])
    clock.now = 2
    shown.note(STANDBY, [(3, 5), (1, 6)])
    shown.settle(STANDBY, own=2, everything=1)
    assert shown.newer_than(PRIMARY, [(1, 5), (3, 4)]) == {1, 3}
    assert shown.newer_than(STANDBY, [(2, 4)]) == {2}
    shown.settle(STANDBY, own=3, everything=1.5)
    assert len(shown) == 0


def test_a_snapshot_contains_another_if_it_sees_all_that_the_other_sees() -> None:
    def contains(one: str, other: str) -> bool:
        return Snapshot.parse(one).contains(Snapshot.parse(other))

    assert contains("10:20:10", "10:20:10")
    assert contains("20:20:", "10:20:10")
    assert not contains("10:20:10", "20:20:")
    assert not contains("18:18:", "20:20:")
    assert contains("18:18:", "18:20:18,19")
    assert contains("10:30:10,25", "10:20:10")
    assert not contains("10:30:10,15", "10:20:10")
