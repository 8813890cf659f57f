"""The route that makes a quote."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, abort, request
from sqlalchemy import Row
from triptych_shared.problems import Problem

from simple_flask.database import Item, db
from simple_flask.items.representation import encode
from simple_flask.parameters import Parameters
from simple_flask.quotes import body
from simple_flask.quotes.totals import Line, totals
from simple_flask.settings import LARGEST_BODY

bp = Blueprint("quotes", __name__)


@bp.post("/api/tasks/quotes/")
def make_quote() -> Response:
    """Answer with what the lines cost, and the versions of the items that this rests on."""
    Parameters(request.query_string, {}).check()
    quote = body.read(_json_body())
    items = _items({line.item for line in quote.lines})
    unknown = {
        f"lines.{number}.item": [f"There is no item {line.item}."]
        for number, line in enumerate(quote.lines)
        if line.item not in items
    }
    if unknown:
        raise body.invalid_body(dict(list(unknown.items())[: body.MOST_ERRORS]))

    lines = [Line(_cents(items[line.item]), line.quantity, line.discount) for line in quote.lines]
    whole = totals(lines, quote.discount, quote.tax_rate)
    answer = {
        "lines": [
            {
                "item": asked.item,
                "version": items[asked.item].version,
                "name": items[asked.item].name,
                "unit_price": _money(line.unit_price),
                "quantity": line.quantity,
                "gross": _money(line.gross),
                "discount": _money(line.discounted),
                "total": _money(line.total),
            }
            for asked, line in zip(quote.lines, lines, strict=True)
        ],
        "subtotal": _money(whole.subtotal),
        "discount": _money(whole.discount),
        "net": _money(whole.net),
        "tax_rate": quote.tax_rate_text,
        "tax": _money(whole.tax),
        "total": _money(whole.total),
        "rounding": "half-up",
    }
    return Response(encode(answer), content_type="application/json")


def _json_body() -> bytes:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    encoded = "Content-Encoding" in request.headers
    if request.mimetype != "application/json" or charset != "utf-8" or encoded:
        message = "must be application/json in UTF-8, without Content-Encoding"
        raise Problem("invalid-body", 415, f"The body {message}.", {"body": [message]}, {"Accept": "application/json"})
    data = request.get_data()
    if len(data) > LARGEST_BODY:
        abort(413)
    return data


def _items(ids: Iterable[int]) -> dict[int, Row[Any]]:
    """Return what a quote needs of the items that exist, in one statement: all prices and versions of one moment."""
    query = db.select(Item.id, Item.version, Item.name, Item.price).where(Item.id == db.func.any(list(ids)))
    return {row.id: row for row in db.session.execute(query)}


def _cents(item: Row[Any]) -> int:
    return int(item.price.scaleb(2))


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
