"""The rules of the cache, each against what would happen without it. Polls and reads come in the order that hurts."""

from api_fastapi.cache.coherent_cache import LEASE, CoherentCache, item_target
from api_fastapi.cache.encoded_response import EncodedResponse, item_response, list_response
from api_fastapi.change_feed.change import Change

LIST = b"/api/items/?limit=1"


class Clock:
    """A clock that the test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def cache(memory: int = 2**20) -> tuple[CoherentCache, Clock]:
    """Return a cache that has just been caught up, and its clock."""
    clock = Clock()
    made = CoherentCache(memory, clock)
    made.flush()
    made.renew(clock.now, "10:10:", ())
    return made, clock


def item(version: int) -> EncodedResponse:
    return item_response(str(version).encode(), None, b"{}")


def poll(made: CoherentCache, clock: Clock, *changes: Change, snapshot: str = "20:20:") -> None:
    made.renew(clock.now, snapshot, changes)


def test_what_was_kept_is_given() -> None:
    made, _ = cache()
    assert made.keep_item(made.start(), 1, item(5))
    hit = made.hit(item_target(1))
    assert hit is not None and hit.version == 5


def test_a_change_removes_what_is_older_and_leaves_what_is_as_new() -> None:
    made, clock = cache()
    made.keep_item(made.start(), 1, item(5))
    made.keep_item(made.start(), 2, item(8))
    poll(made, clock, Change(11, 1, 6), Change(11, 2, 8))
    assert made.hit(item_target(1)) is None
    assert made.hit(item_target(2)) is not None


def test_an_older_entry_goes_also_when_the_floor_had_risen_before() -> None:
    made, clock = cache()
    poll(made, clock, Change(12, 1, 9))
    assert not made.keep_item(made.start(), 1, item(5))  # as from a server that lags
    made.keep_item(made.start(), 1, item(9))
    poll(made, clock, Change(11, 1, 9), Change(13, 1, 10))
    assert made.hit(item_target(1)) is None


def test_a_slow_read_does_not_put_back_what_a_change_removed() -> None:
    made, clock = cache()
    start = made.start()
    poll(made, clock, Change(11, 1, 6))
    assert not made.keep_item(start, 1, item(5))
    assert made.keep_item(start, 1, item(6))


def test_nor_when_its_floor_was_forgotten_meanwhile() -> None:
    made, clock = cache()
    start = made.start()
    poll(made, clock, Change(11, 1, 6))
    poll(made, clock, *(Change(12, number, 7) for number in range(2, 2000)))
    assert not made.keep_item(start, 1, item(5))
    poll(made, clock)
    assert made.keep_item(made.start(), 1, item(6))


def test_nor_what_began_before_a_flush() -> None:
    made, clock = cache()
    start = made.start()
    made.flush()
    poll(made, clock)
    assert not made.keep_item(start, 1, item(5))
    assert not made.keep_list(start, LIST, "10:10:", list_response(b"[]", None))


def test_a_truncate_forgets_everything() -> None:
    made, clock = cache()
    start = made.start()
    made.keep_item(start, 1, item(5))
    poll(made, clock, Change(11, None, None), Change(11, 2, 7))
    assert len(made) == 0
    assert not made.keep_item(start, 1, item(5))


def test_an_older_answer_never_replaces_a_newer_one() -> None:
    made, _ = cache()
    start = made.start()
    made.keep_item(start, 1, item(6))
    assert not made.keep_item(start, 1, item(5))


def test_the_lease_runs_from_the_beginning_of_the_last_poll() -> None:
    made, clock = cache()
    start = made.start()
    made.keep_item(start, 1, item(5))
    began = clock.now
    clock.now += 1
    made.renew(began, "10:10:", ())
    clock.now = began + LEASE - 0.01
    assert made.hit(item_target(1)) is not None
    clock.now = began + LEASE
    assert made.hit(item_target(1)) is None
    assert not made.keep_item(start, 2, item(5))
    poll(made, clock)
    assert made.hit(item_target(1)) is not None


def test_any_change_forgets_the_lists() -> None:
    made, clock = cache()
    assert made.keep_list(made.start(), LIST, "10:10:", list_response(b"[]", None))
    poll(made, clock, Change(11, 1, 6))
    assert made.hit(LIST) is None


def test_a_list_is_kept_only_if_it_saw_all_that_was_reported_since_it_began() -> None:
    made, clock = cache()
    start = made.start()
    poll(made, clock, Change(11, 1, 6), Change(14, 1, 7))
    for blind in ("10:11:", "11:15:11", "11:15:14", "12:14:"):
        assert not made.keep_list(start, LIST, blind, list_response(b"[]", None)), blind
    assert made.keep_list(start, LIST, "12:16:12,13", list_response(b"[]", None))


def test_a_list_is_not_kept_when_it_is_unknown_what_was_reported_since() -> None:
    made, clock = cache()
    start = made.start()
    for tx in range(11, 11 + 300):
        poll(made, clock, Change(tx, 1, tx))
    assert not made.keep_list(start, LIST, "900:900:", list_response(b"[]", None))


def test_what_a_read_ahead_of_the_feed_shows_is_not_taken_back() -> None:
    made, clock = cache()
    start = made.start()
    made.keep_item(start, 1, item(5))
    made.keep_item(start, 2, item(5))
    made.keep_list(start, LIST, "10:10:", list_response(b"[]", None))
    assert made.ahead("10:12:", 0) and not made.ahead("10:10:", 0)
    made.witness([(1, 6)])
    assert made.hit(item_target(1)) is None
    assert made.hit(item_target(2)) is not None
    assert made.hit(LIST) is None
    assert not made.keep_item(start, 1, item(5))
    assert not made.keep_list(start, LIST, "10:10:", list_response(b"[]", None))
    poll(made, clock)


def test_the_memory_is_bounded_and_what_is_used_stays() -> None:
    made, _ = cache(2**18)
    for number in range(1, 5000):
        made.keep_item(made.start(), number, item_response(b"5", None, b"x" * 200))
        assert made.used <= 2**18
        made.hit(item_target(1))
    assert 100 < len(made) < 1000
    assert made.hit(item_target(1)) is not None
    assert made.hit(item_target(2)) is None


def test_what_is_too_large_is_not_kept() -> None:
    made, _ = cache(2**18)
    made.keep_item(made.start(), 1, item_response(b"5", None, b"x" * 2**17))
    assert len(made) == 0


def test_without_memory_nothing_is_kept() -> None:
    made, _ = cache(0)
    made.keep_item(made.start(), 1, item(5))
    made.keep_list(made.start(), LIST, "10:10:", list_response(b"[]", None))
    assert len(made) == 0


def test_snapshots_that_look_alike_count_only_where_the_database_cannot_have_begun_another_life() -> None:
    made, clock = cache()
    assert not made.ahead("10:10:", clock.now - 1)
    clock.now += 0.01
    # a crash, and another connection: transaction 10 is another one now
    assert made.ahead("10:10:", clock.now)
    clock.now += 0.01
    poll(made, clock, snapshot="10:10:")
    assert not made.ahead("10:10:", clock.now - 0.01)
