"""The filters of the list, which the exports share."""

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import ColumnElement, func

from simple_flask.database import Item
from simple_flask.parameters import Parameters, Reader, matching


def _words(value: str) -> str:
    words = value.strip()
    if not 1 <= len(words) <= 200:
        raise ValueError("is not 1 to 200 characters")
    return words


def _price(value: str) -> Decimal:
    return Decimal(_price_text(value))


_price_text = matching(r"[0-9]{1,8}(\.[0-9]{1,2})?", "is not a price such as 12.50")

FILTERS: Mapping[str, Reader] = {
    "category": matching(r"[a-z0-9-]{1,64}", "is not a slug"),
    "max_price": _price,
    "min_price": _price,
    "q": _words,
}


def check_prices(parameters: Parameters) -> None:
    """Note as an error a `min_price` above `max_price`."""
    values = parameters.values
    if "min_price" in values and "max_price" in values and values["min_price"] > values["max_price"]:
        parameters.errors["min_price"] = ["is more than max_price"]


def conditions(parameters: Parameters) -> list[ColumnElement[bool]]:
    """Return the conditions that the filters among the parameters stand for."""
    values = parameters.values
    found: list[ColumnElement[bool]] = []
    if "category" in values:
        found.append(Item.category == values["category"])
    if "max_price" in values:
        found.append(Item.price <= values["max_price"])
    if "min_price" in values:
        found.append(Item.price >= values["min_price"])
    if "q" in values:
        found.append(Item.terms.op("@@")(func.item_terms_query(values["q"])))
    return found
