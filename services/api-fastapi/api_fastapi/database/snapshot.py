"""What a read saw, as Postgres tells it."""

from typing import NamedTuple


class Snapshot(NamedTuple):
    """Which transactions were over: those below `xmin`, and those below `xmax` that were not in progress."""

    text: str
    xmin: int
    xmax: int
    in_progress: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> "Snapshot":
        """Read the text form of a pg_snapshot, `xmin:xmax:xip,…`."""
        xmin, xmax, in_progress = text.split(":")
        return cls(text, int(xmin), int(xmax), frozenset(map(int, filter(None, in_progress.split(",")))))

    def sees(self, tx: int) -> bool:
        """Tell whether what the transaction `tx` wrote was visible, if it was committed."""
        return tx < self.xmin or (tx < self.xmax and tx not in self.in_progress)

    def contains(self, other: "Snapshot") -> bool:
        """Tell whether this sees every transaction that `other` sees."""
        return all(tx in other.in_progress for tx in range(self.xmax, other.xmax)) and all(
            tx in other.in_progress or tx >= other.xmax for tx in self.in_progress
        )

    def with_in_progress(self, xids: str) -> "Snapshot":
        """Return this snapshot with these transactions, ascending and separated by commas, as those in progress."""
        first = xids.partition(",")[0] or self.xmax
        return Snapshot.parse(f"{first}:{self.xmax}:{xids}")
