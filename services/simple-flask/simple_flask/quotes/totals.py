"""The arithmetic of a quote: no input, no output, no floats.

Money is an integer of cents, a percentage an integer of ten-thousandths of a percent (100 % is 1,000,000).

Rounding is to the cent, half up, and happens at exactly three places: each line's percentage discount, the percentage
discount on the whole, and the tax, which is taken once, of the net. Everything else is exact, so the figures shown
add up: line totals to the subtotal, subtotal less discount to the net, net and tax to the total.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WHOLE = 1_000_000
"""A hundred percent."""


@dataclass(frozen=True, slots=True)
class Percent:
    """A discount of a part of the price."""

    ten_thousandths: int

    def of(self, cents: int) -> int:
        """Return the discount on `cents`."""
        return share(cents, self.ten_thousandths)


@dataclass(frozen=True, slots=True)
class Amount:
    """A discount of a fixed amount."""

    cents: int

    def of(self, cents: int) -> int:
        """Return the discount on `cents`: never more than there is to pay."""
        return min(self.cents, cents)


Discount = Percent | Amount
NO_DISCOUNT = Amount(0)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a quote."""

    unit_price: int
    quantity: int
    discount: Discount = NO_DISCOUNT

    @property
    def gross(self) -> int:
        """What the line costs before its discount."""
        return self.unit_price * self.quantity

    @property
    def discounted(self) -> int:
        """What the discount takes off the line."""
        return self.discount.of(self.gross)

    @property
    def total(self) -> int:
        """What the line costs."""
        return self.gross - self.discounted


@dataclass(frozen=True, slots=True)
class Totals:
    """What all lines cost together."""

    subtotal: int
    discount: int
    net: int
    tax: int
    total: int


def share(cents: int, ten_thousandths: int) -> int:
    """Return a percentage of an amount, rounded to the cent, half up; both must not be negative."""
    return (cents * ten_thousandths + WHOLE // 2) // WHOLE


def totals(lines: Sequence[Line], discount: Discount, tax_rate: int) -> Totals:
    """Return what the lines cost together, with a discount on the whole and a tax on what remains."""
    subtotal = sum(line.total for line in lines)
    taken_off = discount.of(subtotal)
    net = subtotal - taken_off
    tax = share(net, tax_rate)
    return Totals(subtotal, taken_off, net, tax, net + tax)
