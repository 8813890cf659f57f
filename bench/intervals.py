"""Medians, with intervals that assume nothing about how the values are spread."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A median, and two of the values between which the true one lies with this confidence (0 to 1)."""

    median: float
    low: float
    high: float
    confidence: float
    count: int


def estimate(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Return the median with its order-statistic interval: the narrowest symmetric one of at least this confidence.

    Where there are too few values for that, the interval is all of them, and its own confidence is said. The number of
    values below the true median is binomial (David and Nagaraja, Order Statistics, 7.1). Raises ValueError for none.
    """
    if not values:
        raise ValueError("there is no median of nothing")
    ordered, count = sorted(values), len(values)
    below = 0  # this many values are left out at each end
    while below + 1 <= (count - 1) // 2 and _inside(count, below + 1) >= confidence:
        below += 1
    return Estimate(
        statistics.median(ordered), ordered[below], ordered[count - 1 - below], _inside(count, below), count
    )


def _inside(count: int, below: int) -> float:
    """Return the chance that the median is between the values at `below` and as far from the other end."""
    return float(1 - 2 * sum(math.comb(count, k) for k in range(below + 1)) / 2**count)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share (0 to 1) of the values do not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan
