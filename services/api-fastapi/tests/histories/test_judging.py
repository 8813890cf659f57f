"""The judge finds what is wrong."""

from tests.histories.judging import Seen, State, judge

WRITTEN = {7: [State(1, False), State(2, False), State(2, True), State(5, False)]}
ACKNOWLEDGED = {
    (7, State(1, False)): 1.0,
    (7, State(2, False)): 2.0,
    (7, State(2, True)): 3.0,
    (7, State(5, False)): 4.0,
}


def faults(*reads: tuple[float, float, int | None]) -> list[str]:
    seen = [Seen(0, 7, began, ended, version, "plain") for began, ended, version in reads]
    return judge(WRITTEN, ACKNOWLEDGED, seen, 10.0).faults


def test_what_follows_the_writes_is_right() -> None:
    assert faults((0, 0.5, None), (1, 1.1, 1), (2, 2.1, 2), (3, 3.1, None), (4, 4.1, 5)) == []


def test_answers_to_overlapping_requests_may_come_in_any_order() -> None:
    assert faults((1, 1.5, 2), (1.4, 1.6, 1)) == []


def test_an_older_version_after_a_newer_one_is_found() -> None:
    assert len(faults((1, 1.1, 2), (1.2, 1.3, 1))) == 1


def test_what_was_deleted_and_is_there_again_is_found() -> None:
    assert len(faults((1, 1.1, 2), (2.5, 2.6, None), (2.7, 2.8, 2))) == 1


def test_what_is_gone_before_it_was_deleted_is_found() -> None:
    assert len(faults((4, 4.1, 5), (4.2, 4.3, None))) == 1


def test_what_was_never_written_is_found() -> None:
    assert len(faults((1, 1.1, 3))) == 1


def test_what_is_too_old_is_found() -> None:
    assert len(faults((14.5, 14.6, 2))) == 1
    assert faults((13.5, 13.6, None)) == []


def test_ages_are_measured() -> None:
    assert judge(WRITTEN, ACKNOWLEDGED, [Seen(0, 7, 2.5, 2.6, 1, "plain")], 10.0).ages == [0.5]
