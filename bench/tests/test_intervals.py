"""The statistics, against values that others have calculated."""

import math

import pytest

from bench.intervals import estimate, percentile


@pytest.mark.parametrize(
    ("count", "low", "high", "confidence"),
    [
        # order statistics 1 to 6, 2 to 8, 3 to 10, 6 to 15: tables of the sign test, two-sided 5 %
        (6, 1, 6, 0.96875),
        (9, 2, 8, 0.9609375),
        (12, 3, 10, 0.961426),
        (20, 6, 15, 0.958611),
        (25, 8, 18, 0.956715),
    ],
)
def test_the_interval_is_that_of_the_sign_test(count: int, low: int, high: int, confidence: float) -> None:
    found = estimate([float(value) for value in range(1, count + 1)])
    assert (found.low, found.high) == (low, high)
    assert found.confidence == pytest.approx(confidence, abs=1e-6)
    assert found.median == (count + 1) / 2


def test_too_few_values_say_so() -> None:
    found = estimate([3.0, 1.0, 2.0])
    assert (found.low, found.median, found.high) == (1.0, 2.0, 3.0)
    assert found.confidence == 0.75


def test_one_value_has_no_confidence() -> None:
    assert estimate([2.0]).confidence == 0
    with pytest.raises(ValueError, match="nothing"):
        estimate([])


def test_one_wild_value_does_not_move_the_interval() -> None:
    calm = [1.0 + number / 100 for number in range(9)]
    assert estimate([*calm[:-1], 1000.0]).high == estimate(calm).high


def test_percentiles_are_values_that_were_there() -> None:
    values = [float(value) for value in range(1000, 0, -1)]
    assert [percentile(values, share) for share in (0.5, 0.99, 0.999, 1)] == [500, 990, 999, 1000]
    assert percentile([7.0], 0.001) == 7
    assert math.isnan(percentile([], 0.5))
