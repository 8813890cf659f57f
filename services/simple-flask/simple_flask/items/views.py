"""The list of items, and one item."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, abort, request
from sqlalchemy import ColumnElement, Row, tuple_
from werkzeug.routing import BaseConverter

from simple_flask.conditional import cacheable, digest_tag
from simple_flask.database import Item, db
from simple_flask.items import cursor
from simple_flask.items.filters import FILTERS, check_prices, conditions
from simple_flask.items.representation import COLUMNS, encode, members
from simple_flask.parameters import Parameters, Reader, matching

bp = Blueprint("items", __name__)

SORTS = {"id": Item.id, "name": Item.name, "price": Item.price, "updated_at": Item.updated_at}

_limit_text = matching(r"[1-9][0-9]{0,2}", "is not an integer from 1 to 200")


def _limit(value: str) -> int:
    limit = int(_limit_text(value))
    if limit > 200:
        raise ValueError("is more than 200")
    return limit


LIST_READERS: Mapping[str, Reader] = {
    **FILTERS,
    "cursor": str,
    "limit": _limit,
    "sort": matching(r"-?(id|name|price|updated_at)", "is none of id, name, price, updated_at, with or without -"),
}


class ItemIdConverter(BaseConverter):
    """An id in a path: ASCII digits only, where Werkzeug's own `int` takes any Unicode digit and leading zeros."""

    regex = "[1-9][0-9]{0,18}"
    to_python = int  # type: ignore[assignment]


@bp.record_once
def _register_converter(state: Any) -> None:
    state.app.url_map.converters["item_id"] = ItemIdConverter


@bp.get("/api/items/")
def list_items() -> Response:
    """Answer with a page of items, and where the next one starts."""
    parameters = Parameters(request.query_string, LIST_READERS)
    check_prices(parameters)
    parameters.check()
    limit = parameters.values.get("limit", 50)
    sort = parameters.values.get("sort", "id")
    filters = cursor.digest(parameters.sent)

    where = conditions(parameters)
    if "cursor" in parameters.sent:
        try:
            where.append(_after(sort, *cursor.read(parameters.sent["cursor"], sort, filters)))
        except cursor.InvalidCursor:
            parameters.errors["cursor"] = ["is not a cursor of this sort and these filters"]
            parameters.check()
    rows = db.session.execute(
        # One row more than the page tells whether there is a next one.
        db.select(*COLUMNS).where(*where).order_by(*_order(sort)).limit(limit + 1)
    ).all()

    items = [members(row) for row in rows[:limit]]
    body = encode(items)
    link = None
    if len(rows) > limit:
        last = items[-1]
        following = cursor.write(sort, filters, last[sort.removeprefix("-")], last["id"])
        link = _next_link(parameters.sent, following)
    return cacheable(body, digest_tag(body), link)


@bp.get("/api/items/<item_id:item_id>/")
def show_item(item_id: int) -> Response:
    """Answer with one item."""
    if item_id > cursor.LARGEST_ID:
        abort(404)
    Parameters(request.query_string, {}).check()
    item: Row[Any] | None = db.session.execute(db.select(*COLUMNS).where(Item.id == item_id)).one_or_none()
    if item is None:
        abort(404)
    return cacheable(encode(members(item)), f'"{item.version}"')


def _keys(sort: str) -> tuple[Any, ...]:
    column = SORTS[sort.removeprefix("-")]
    return (column,) if column is Item.id else (column, Item.id)


def _order(sort: str) -> list[ColumnElement[Any]]:
    return [key.desc() if sort.startswith("-") else key.asc() for key in _keys(sort)]


def _after(sort: str, value: Any, item_id: int) -> ColumnElement[bool]:
    # A comparison of rows, not `a > x OR (a = x AND id > y)`: only this one is a range of the index.
    keys = _keys(sort)
    row, bound = tuple_(*keys), tuple_(*(value, item_id)[-len(keys) :])
    return row < bound if sort.startswith("-") else row > bound


def _next_link(sent: dict[str, str], following: str) -> str:
    pairs = sorted((name, value) for name, value in sent.items() if name != "cursor")
    return f'<?{urlencode([*pairs, ("cursor", following)], quote_via=quote)}>; rel="next"'
