"""What a run brings: windows in pairs, and what follows from them. As JSON it is bench/report/results.json."""

import json
import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.intervals import Estimate, estimate
from bench.wrk import Window


@dataclass(frozen=True)
class Promise:
    """What a ratio should be: at least `bound`, or at most where `below`; `stretch` is the bound one hopes for."""

    says: str
    bound: float
    stretch: float | None = None
    below: bool = False

    def kept(self, value: float) -> bool:
        """Say whether a value is what it should be."""
        return value <= self.bound if self.below else value >= self.bound

    def __str__(self) -> str:
        stretch = f" [{self.stretch:g}]" if self.stretch else ""
        return f"{'≤' if self.below else '≥'} {self.bound:g}{stretch}"


@dataclass
class Compared:
    """Two sides (a server's name and a workload's key) and their windows, pair by pair."""

    over: tuple[str, str]
    under: tuple[str, str]
    promise: Promise | None = None
    pairs: list[tuple[Window, Window]] = field(default_factory=list)

    def __str__(self) -> str:
        if self.over[1] == self.under[1]:
            return f"{self.over[1]}: {self.over[0]} ÷ {self.under[0]}"
        return f"{self.over[0]}: {self.over[1]} ÷ {self.under[1]}"

    @property
    def by_rate(self) -> Estimate:
        """How many times as many requests a second the first side answers."""
        return estimate([over.rate / under.rate for over, under in self.pairs])

    @property
    def by_processor(self) -> Estimate:
        """How many times as many requests the first side answers with the same processor time."""
        return estimate([under.microseconds / max(over.microseconds, 0.1) for over, under in self.pairs])


@dataclass
class Results:
    """Everything that the report is made of."""

    about: dict[str, str]
    compared: list[Compared] = field(default_factory=list)
    latencies: dict[str, dict[str, float]] = field(default_factory=dict)  # by server, milliseconds by percentile
    missing: dict[str, str] = field(default_factory=dict)  # why a peer was not measured

    def sides(self, workload: str) -> list[str]:
        """Return the servers that were measured with a workload, in the order in which they came."""
        found = dict.fromkeys(
            name for each in self.compared for name, key in (each.over, each.under) if key == workload
        )
        return list(found)

    def windows(self, server: str, workload: str) -> list[Window]:
        """Return all windows of a server with a workload."""
        return list(self._windows((server, workload)))

    def _windows(self, side: tuple[str, str]) -> Iterator[Window]:
        for each in self.compared:
            for over, under in each.pairs:
                if each.over == side:
                    yield over
                if each.under == side:
                    yield under

    def others(self) -> float:
        """Return the median share of the machine that other programs had."""
        return statistics.median([w.others for each in self.compared for pair in each.pairs for w in pair] or [0.0])

    def save(self, path: Path) -> None:
        """Write it down."""
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False), encoding="utf-8")
