"""What a history must be like."""

import heapq
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple


class State(NamedTuple):
    """What an item was from a write on: its version, or gone. One item's states come in the order of their commits."""

    version: int
    gone: bool


@dataclass(frozen=True)
class Seen:
    """What a process showed of an item, in an answer that was asked for at `began` and there at `ended`."""

    process: int
    item: int
    began: float
    ended: float
    version: int | None  # None: there is no such item
    how: str

    @property
    def certain(self) -> bool:
        """Whether it shows what the item is; that a list lacks it may have other reasons."""
        return self.version is not None or "list" not in self.how


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a history, and how old the answers were."""

    faults: list[str]
    ages: list[float]  # seconds for which a shown item had been out of date when it was asked for; 0 where it was not


def judge(
    written: dict[int, list[State]], acknowledged: dict[tuple[int, State], float], seen: Iterable[Seen], bound: float
) -> Verdict:
    """Check that no process goes back in time, and that nothing is older than `bound` seconds.

    `written` has every state of each item in order, `acknowledged` when its writer learned that it was committed.
    """
    faults, ages = [], []
    courses: dict[int, _Course] = defaultdict(lambda: _Course([], {}))
    for item, states in written.items():
        known = {
            place: acknowledged[item, state] for place, state in enumerate(states) if (item, state) in acknowledged
        }
        courses[item] = _Course(states, known)
    shown: dict[tuple[int, int], int] = defaultdict(lambda: -1)  # the newest state that a process has shown for certain
    finished: list[tuple[float, int, int, int]] = []
    shown_by: dict[tuple[int, int, int], Seen] = {}
    for read in sorted(seen, key=lambda read: read.began):
        while finished and finished[0][0] <= read.began:
            _, process, item, earlier = heapq.heappop(finished)
            shown[process, item] = max(shown[process, item], earlier)
        course = courses[read.item]
        before = shown[read.process, read.item]
        due = course.newest(read.began - bound)
        found = course.place(read.version, max(before, due))
        if found is None:
            last = shown_by.get((read.process, read.item, before))
            faults.append(f"{read} is nothing that was written after {last}, or the state {due}")
            continue
        place = found
        if place < before:
            faults.append(f"{read} goes back: {shown_by[read.process, read.item, before]} had come before")
        if place < due:
            faults.append(f"{read} is too old: {written[read.item][due]} had been there for {bound} s")
        if read.version is not None:  # being gone may be any such state, and has no age
            ages.append(course.age(place, read.began))
        if read.certain:
            heapq.heappush(finished, (read.ended, read.process, read.item, place))
            shown_by.setdefault((read.process, read.item, place), read)
    return Verdict(faults, ages)


class _Course:
    """An item's states by their places, and which of them was known to be there when; each outdates all before it."""

    def __init__(self, states: list[State], acknowledged: dict[int, float]) -> None:
        known = sorted((moment, place) for place, moment in acknowledged.items())
        self._moments = [moment for moment, _ in known]
        self._newest = list(accumulate((place for _, place in known), max))
        self._places = {state.version: place for place, state in enumerate(states) if not state.gone}
        self._gone = [place for place, state in enumerate(states) if state.gone]

    def newest(self, moment: float) -> int:
        """Return the newest state that was known to be there at a moment, -1 before all."""
        known = bisect_right(self._moments, moment)
        return self._newest[known - 1] if known else -1

    def age(self, place: int, moment: float) -> float:
        """Return for how many seconds a state had been out of date at a moment; 0 where it was not."""
        outdated = bisect_right(self._newest, place)
        return max(0.0, moment - self._moments[outdated]) if outdated < len(self._moments) else 0.0

    def place(self, version: int | None, least: int) -> int | None:
        """Return which state an answer shows; being gone may be any such state, so the first that is not too early."""
        if version is not None:
            return self._places.get(version)
        if least == -1:
            return -1
        later = bisect_left(self._gone, least)
        return self._gone[later] if later < len(self._gone) else None
