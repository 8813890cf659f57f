"""Replication lag: how long ago a standby had all that the primary had."""

from collections import deque

from api_fastapi.change_feed.poller import Poll
from api_fastapi.database.snapshot import Snapshot


class PrimaryHistory:
    """What the primary had when, as far back as a lag may be."""

    def __init__(self, seconds: float) -> None:
        """Remember polls of so many seconds, and the last one in any case."""
        self._seconds = seconds
        self._samples: deque[tuple[float, Snapshot]] = deque()

    @property
    def newest(self) -> float:
        """When the primary was polled last; 0 for never."""
        return self._samples[-1][0] if self._samples else 0.0

    def add(self, poll: Poll) -> None:
        """Remember a poll of the primary."""
        self._samples.append((poll.began, poll.visible_upper_bound))
        while len(self._samples) > 1 and self._samples[0][0] < poll.began - self._seconds:
            self._samples.popleft()

    def lag(self, poll: Poll) -> float:
        """Return how many seconds ago, seen from the last poll of the primary, a standby had all that the primary had.

        While the primary is away this does not grow: nobody can tell whether there is anything newer.
        """
        for at, visible_upper_bound in reversed(self._samples):
            if poll.visible_upper_bound.contains(visible_upper_bound):
                return self.newest - at
        return float("inf")

    def clear(self) -> None:
        """Forget all."""
        self._samples.clear()
