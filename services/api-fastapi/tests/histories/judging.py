"""What a history must be like."""

import heapq
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
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
    known = {item: _acknowledgements(states, item, acknowledged) for item, states in written.items()}
    shown: dict[tuple[int, int], int] = defaultdict(lambda: -1)  # the newest state that a process has shown for certain
    finished: list[tuple[float, int, int, int]] = []
    shown_by: dict[tuple[int, int, int], Seen] = {}
    for read in sorted(seen, key=lambda read: read.began):
        while finished and finished[0][0] <= read.began:
            _, process, item, earlier = heapq.heappop(finished)
            shown[process, item] = max(shown[process, item], earlier)
        states = written.get(read.item, [])
        before = shown[read.process, read.item]
        due = _newest(known.get(read.item, []), read.began - bound)
        found = _place(states, read.version, max(before, due))
        if found is None:
            last = shown_by.get((read.process, read.item, before))
            faults.append(f"{read} is nothing that was written after {last}, or {states[due]}")
            continue
        place = found
        if place < before:
            faults.append(f"{read} goes back: {shown_by[read.process, read.item, before]} had come before")
        if place < due:
            faults.append(f"{read} is too old: {states[due]} had been there for {bound} s")
        if read.version is not None:  # being gone may be any such state, and has no age
            newest = _newest(known.get(read.item, []), read.began)
            ages.append(_age(known[read.item], place, read.began) if newest > place else 0.0)
        if read.certain:
            heapq.heappush(finished, (read.ended, read.process, read.item, place))
            shown_by.setdefault((read.process, read.item, place), read)
    return Verdict(faults, ages)


def _acknowledgements(
    states: list[State], item: int, acknowledged: dict[tuple[int, State], float]
) -> list[tuple[float, int]]:
    """Return when which state was known to be there, in order of time; each outdates all before it."""
    return sorted((acknowledged[item, state], n) for n, state in enumerate(states) if (item, state) in acknowledged)


def _newest(known: list[tuple[float, int]], moment: float) -> int:
    return max((place for _, place in known[: bisect_right(known, (moment, 1 << 62))]), default=-1)


def _place(states: list[State], version: int | None, least: int) -> int | None:
    """Return which state an answer shows; being gone may be any such state, so the first that is not too early."""
    if version is not None:
        return states.index(State(version, False)) if State(version, False) in states else None
    if least == -1:
        return -1
    return next((n for n, state in enumerate(states) if n >= least and state.gone), None)


def _age(known: list[tuple[float, int]], place: int, moment: float) -> float:
    return moment - min(time for time, newer in known if newer > place)
