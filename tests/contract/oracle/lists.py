"""What a list is: which items pass, in which order, where a page ends."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal

from tests.contract.oracle import cursors
from tests.contract.oracle.rows import ItemRow

PARAMETERS = frozenset({"limit", "cursor", "q", "category", "min_price", "max_price", "sort"})
COLUMNS = ("id", "name", "price", "updated_at")
_FORMS = {
    "min_price": re.compile(r"[0-9]{1,8}(\.[0-9]{1,2})?"),
    "max_price": re.compile(r"[0-9]{1,8}(\.[0-9]{1,2})?"),
    "category": re.compile(r"[a-z0-9-]{1,64}"),
    "limit": re.compile(r"[1-9][0-9]?|1[0-9]{2}|200"),
    "sort": re.compile("-?(" + "|".join(COLUMNS) + ")"),
}
_WORD = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nl", "Nd", "Mn", "Mc", "Me"})


def ill_formed(parameters: Mapping[str, str]) -> set[str]:
    """Return the names of the parameters whose value is not of its form, the cursor apart."""
    wrong = {name for name, form in _FORMS.items() if name in parameters and not form.fullmatch(parameters[name])}
    if "q" in parameters and not 1 <= len(parameters["q"].strip()) <= 200:
        wrong.add("q")
    prices = [Decimal(parameters[name]) for name in ("min_price", "max_price") if name in parameters.keys() - wrong]
    if len(prices) == 2 and prices[0] > prices[1]:
        wrong.add("min_price")
    return wrong


def page(
    rows: Iterable[ItemRow], parameters: Mapping[str, str], start: tuple[str | int, int] | None
) -> tuple[list[ItemRow], bool]:
    """Return the rows of the page that starts after `start`, and whether there are more after them."""
    sort = parameters.get("sort", "id")
    column, descending = sort.lstrip("-"), sort.startswith("-")
    found = sorted(
        (row for row in rows if passes(row, parameters)), key=lambda row: _key(row, column), reverse=descending
    )
    if start is not None:
        value = Decimal(start[0]) if column == "price" else start[0]
        last = (value, start[1])
        found = [row for row in found if (_key(row, column) < last if descending else _key(row, column) > last)]
    limit = int(parameters.get("limit", "50"))
    return found[:limit], len(found) > limit


def _key(row: ItemRow, column: str) -> tuple[object, int]:
    # str compares by code point, as the collation "C" does in UTF-8
    value = row.price if column == "price" else row.document()[column]
    return value, row.id


def passes(row: ItemRow, parameters: Mapping[str, str]) -> bool:
    """Return whether the row passes every filter among the parameters."""
    return (
        parameters.get("category") in (None, row.category)
        and Decimal(parameters.get("min_price", 0)) <= row.price <= Decimal(parameters.get("max_price", 10**8))
        and ("q" not in parameters or _matches(row, parameters["q"]))
    )


def _matches(row: ItemRow, q: str) -> bool:
    sought, present = words(q), words(f"{row.name} {row.description}")
    return bool(sought) and all(any(word.startswith(start) for word in present) for start in sought)


def words(text: str) -> list[str]:
    """Return the runs of letters, digits and combining marks, as they are compared.

    Letters are those that Unicode calls alphabetic, the numbers of Rome and Suzhou with them; circled letters, which it
    counts, too, cannot be told from other symbols here, and are in no test.
    """
    folded = unicodedata.normalize("NFC", text).casefold().replace("i\u0307", "i")
    return "".join(
        character if unicodedata.category(character) in _WORD else " "
        for character in unicodedata.normalize("NFC", folded)
    ).split()


def link(parameters: Mapping[str, str], last: ItemRow) -> list[tuple[str, str]]:
    """Return the parameters of the next page."""
    pairs = sorted((name, value) for name, value in parameters.items() if name != "cursor")
    return [*pairs, ("cursor", cursors.after(last, parameters.get("sort", "id"), parameters))]
