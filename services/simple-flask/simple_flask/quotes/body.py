"""Read the body of a request for a quote, and say of everything that is wrong in it where it is."""

import re
from dataclasses import dataclass
from typing import Any

from triptych_shared import strict_json
from triptych_shared.problems import Problem

from simple_flask.items.cursor import LARGEST_ID
from simple_flask.quotes.totals import NO_DISCOUNT, WHOLE, Amount, Discount, Percent

MOST_LINES = 500
LARGEST_QUANTITY = 1_000_000
MOST_ERRORS = 100

_PERCENTAGE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,4}))?")
_AMOUNT = re.compile(r"([0-9]{1,16})(?:\.([0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class LineRequest:
    """A line as asked for."""

    item: int
    quantity: int
    discount: Discount


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """A quote as asked for; `tax_rate_text` is the rate as it was written."""

    lines: list[LineRequest]
    discount: Discount
    tax_rate: int
    tax_rate_text: str


def invalid_body(errors: dict[str, list[str]]) -> Problem:
    """Return the problem that names the places of a body."""
    return Problem("invalid-body", 400, "Wrong in the body: " + ", ".join(list(errors)[:10]) + ".", errors)


class _Reader:
    """Reads value after value and collects errors, so that one answer names all of them."""

    def __init__(self) -> None:
        self.errors: dict[str, list[str]] = {}

    def error(self, place: str, message: str) -> None:
        if len(self.errors) < MOST_ERRORS:
            self.errors[place] = [message]

    def object(self, value: Any, place: str, required: set[str], optional: set[str]) -> strict_json.Object:
        """Return the object if it is one, with only the members it may have; an empty one otherwise."""
        within = f"{place}." if place else ""
        if not isinstance(value, strict_json.Object):
            self.error(place or "body", "must be an object")
            return strict_json.Object([])
        for name in sorted(required - value.keys()):
            self.error(within + name, "is missing")
        for name in sorted(value.keys() - required - optional):
            self.error(within + name[:64], "is not known here")
        for name in sorted(value.repeated):
            self.error(within + name[:64], "is given more than once")
        return value

    def integer(self, value: Any, place: str, largest: int) -> int:
        if type(value) is not int or not 1 <= value <= largest:
            self.error(place, f"must be an integer from 1 to {largest}, without fraction or exponent")
            return 1
        return value

    def percentage(self, value: Any, place: str) -> int:
        match = _PERCENTAGE.fullmatch(value) if isinstance(value, str) else None
        percentage = int(match[1]) * 10_000 + int((match[2] or "").ljust(4, "0")) if match else WHOLE + 1
        if percentage > WHOLE:
            self.error(place, 'must be a string from "0" to "100" with at most four decimal places')
        return percentage

    def amount(self, value: Any, place: str) -> int:
        match = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
        if not match:
            self.error(place, 'must be a string such as "12.50", not negative')
            return 0
        return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))

    def discount(self, value: Any, place: str) -> Discount:
        members = self.object(value, place, set(), {"percent", "amount"})
        if "percent" in members and "amount" not in members:
            return Percent(self.percentage(members["percent"], f"{place}.percent"))
        if "amount" in members and "percent" not in members:
            return Amount(self.amount(members["amount"], f"{place}.amount"))
        self.error(place, "must be an object with either percent or amount")
        return NO_DISCOUNT

    def line(self, value: Any, place: str) -> LineRequest:
        members = self.object(value, place, {"item", "quantity"}, {"discount"})
        return LineRequest(
            self.integer(members.get("item", 1), f"{place}.item", LARGEST_ID),
            self.integer(members.get("quantity", 1), f"{place}.quantity", LARGEST_QUANTITY),
            self.discount(members["discount"], f"{place}.discount") if "discount" in members else NO_DISCOUNT,
        )

    def quote(self, value: Any) -> QuoteRequest:
        members = self.object(value, "", {"lines"}, {"discount", "tax_rate"})
        lines = members.get("lines", [])
        if "lines" in members and (not isinstance(lines, list) or not 1 <= len(lines) <= MOST_LINES):
            self.error("lines", f"must be an array of 1 to {MOST_LINES} lines")
            lines = []
        tax_rate = members.get("tax_rate", "0")
        return QuoteRequest(
            [self.line(line, f"lines.{number}") for number, line in enumerate(lines)],
            self.discount(members["discount"], "discount") if "discount" in members else NO_DISCOUNT,
            self.percentage(tax_rate, "tax_rate"),
            str(tax_rate),
        )


def read(body: bytes) -> QuoteRequest:
    """Return the quote that a body asks for; raises the problem that names every place where it is wrong."""
    try:
        value = strict_json.loads(body)
    except ValueError as error:
        raise invalid_body({"body": [str(error)]}) from None
    reader = _Reader()
    quote = reader.quote(value)
    if reader.errors:
        raise invalid_body(reader.errors)
    return quote
