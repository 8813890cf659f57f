"""The arithmetic of a quote, by its properties."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simple_flask.quotes.totals import WHOLE, Amount, Discount, Line, Percent, share, totals

percentages = st.integers(0, WHOLE)
discounts: st.SearchStrategy[Discount] = st.one_of(
    percentages.map(Percent), st.integers(0, 10**18).map(Amount), st.integers(0, 10**4).map(Amount)
)
lines = st.lists(
    st.builds(Line, st.integers(0, 9_999_999_999), st.integers(1, 1_000_000), discounts), min_size=1, max_size=20
)


@pytest.mark.parametrize(
    ("cents", "percentage", "rounded"),
    [
        (1, 500_000, 1),
        (3, 500_000, 2),
        (1, 499_999, 0),
        (49, 10_000, 0),
        (50, 10_000, 1),
        (250, 10_000, 3),
        (7, WHOLE, 7),
    ],
)
def test_half_a_cent_is_rounded_up(cents: int, percentage: int, rounded: int) -> None:
    assert share(cents, percentage) == rounded


@given(st.integers(0, 10**19), percentages)
def test_a_share_is_the_exact_one_rounded_half_up(cents: int, percentage: int) -> None:
    exact = Decimal(cents * percentage).scaleb(-6)
    assert share(cents, percentage) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@given(lines, discounts, percentages)
def test_the_figures_shown_add_up(lines: list[Line], discount: Discount, tax_rate: int) -> None:
    whole = totals(lines, discount, tax_rate)
    for line in lines:
        assert line.gross == line.unit_price * line.quantity
        assert line.total == line.gross - line.discounted
    assert whole.subtotal == sum(line.total for line in lines)
    assert whole.net == whole.subtotal - whole.discount
    assert whole.tax == share(whole.net, tax_rate)
    assert whole.total == whole.net + whole.tax


@given(lines, discounts, percentages)
def test_nothing_is_ever_negative_and_no_discount_exceeds_its_base(
    lines: list[Line], discount: Discount, tax_rate: int
) -> None:
    whole = totals(lines, discount, tax_rate)
    assert all(0 <= line.discounted <= line.gross for line in lines)
    assert 0 <= whole.discount <= whole.subtotal
    assert 0 <= whole.tax <= whole.net
    assert 0 <= whole.net <= whole.total


@given(st.data(), lines, discounts, percentages)
def test_the_order_of_the_lines_does_not_matter(
    data: st.DataObject, lines: list[Line], discount: Discount, tax_rate: int
) -> None:
    assert totals(data.draw(st.permutations(lines)), discount, tax_rate) == totals(lines, discount, tax_rate)


@given(lines, discounts, percentages, st.integers(0, 1000), st.data())
def test_more_of_an_item_or_a_higher_price_or_tax_never_costs_less(
    lines: list[Line], discount: Discount, tax_rate: int, more: int, data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(lines) - 1))
    line = lines[number]
    before = totals(lines, discount, tax_rate).total
    for dearer in (
        Line(line.unit_price + more, line.quantity, line.discount),
        Line(line.unit_price, line.quantity + more, line.discount),
    ):
        assert totals([*lines[:number], dearer, *lines[number + 1 :]], discount, tax_rate).total >= before
    assert totals(lines, discount, min(WHOLE, tax_rate + more)).total >= before


@given(lines, percentages, percentages, percentages)
def test_a_greater_discount_never_costs_more(lines: list[Line], less: int, greater: int, tax_rate: int) -> None:
    less, greater = sorted((less, greater))
    for kind in (Percent, Amount):
        assert totals(lines, kind(greater), tax_rate).total <= totals(lines, kind(less), tax_rate).total


@given(lines)
def test_no_discount_and_no_tax_change_nothing(lines: list[Line]) -> None:
    whole = totals(lines, Percent(0), 0)
    assert whole.subtotal == whole.net == whole.total
    assert totals(lines, Percent(WHOLE), WHOLE).total == 0
