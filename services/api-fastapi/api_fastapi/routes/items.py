"""The reads of items: a page of them, and one."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Depends, Response
from sqlalchemy import Row
from starlette.exceptions import HTTPException

from api_fastapi.database import item_queries
from api_fastapi.http import cursors
from api_fastapi.http.query_parameters import InvalidParametersError, ItemQuery
from api_fastapi.routes.dependencies import (
    DatabaseDependency,
    IfNoneMatch,
    ItemIdDependency,
    ItemQueryDependency,
    past_caches,
)
from api_fastapi.routes.exact_route import ExactRoute, other_answers
from api_fastapi.routes.item_responses import Document, item_document, list_document, respond
from api_fastapi.routes.schemas import Item

router = APIRouter(
    prefix="/api/items", tags=["api-fastapi"], route_class=ExactRoute, dependencies=[Depends(past_caches)]
)


@router.head(
    "/",
    operation_id="head_items",
    response_model=None,
    responses=other_answers(304, 400, 405, 503),
)
@router.get(
    "/",
    operation_id="list_items",
    response_model=list[Item],
    responses=other_answers(304, 400, 405, 503),
)
async def list_items(
    query: ItemQueryDependency, database: DatabaseDependency, if_none_match: IfNoneMatch = None
) -> Response:
    """List items. `Link` names the next page; follow it until it is absent."""
    filters = query.filters()
    position = _position(query, filters)
    statement = item_queries.list_items(query.sort, frozenset(filters), position is not None)
    rows = await database.fetch(statement, _values(query, position))
    return respond(_page(rows, query, filters), if_none_match)


@router.head(
    "/{id:item_id}/",
    operation_id="head_item",
    response_model=None,
    responses=other_answers(304, 400, 404, 405, 503),
)
@router.get(
    "/{id:item_id}/",
    operation_id="get_item",
    response_model=Item,
    responses=other_answers(304, 400, 404, 405, 503),
)
async def get_item(
    item_id: ItemIdDependency, database: DatabaseDependency, if_none_match: IfNoneMatch = None
) -> Response:
    """Read one item; its `ETag` is its version."""
    rows = await database.fetch(item_queries.ONE_ITEM, {"id": item_id})
    if not rows:
        raise HTTPException(404)
    return respond(item_document(rows[0]), if_none_match)


def _position(query: ItemQuery, filters: dict[str, str]) -> cursors.Position | None:
    """Return where the page starts, None for the first page."""
    if query.cursor is None:
        return None
    try:
        return cursors.decode(query.cursor, query.sort, cursors.digest(filters))
    except cursors.InvalidCursorError:
        raise InvalidParametersError({"cursor": ["is not a cursor of this sort and these filters"]}) from None


def _values(query: ItemQuery, position: cursors.Position | None) -> dict[str, object]:
    """Return what `item_queries.list_items` binds; one row more than the page tells whether there is a next one."""
    values: dict[str, object] = {"limit": query.limit + 1}
    if query.category is not None:
        values["category"] = query.category
    if query.min_price is not None:
        values["min_price"] = Decimal(query.min_price)
    if query.max_price is not None:
        values["max_price"] = Decimal(query.max_price)
    if query.q is not None:
        values["q"] = query.q.strip()
    if position is not None:
        values.update(position._asdict())
    return values


def _page(rows: Sequence[Row[*tuple[Any, ...]]], query: ItemQuery, filters: dict[str, str]) -> Document:
    """Return the page made of up to `limit` rows, with the link to the next where there was a row more."""
    if len(rows) <= query.limit:
        return list_document(rows, Item)
    rows = rows[: query.limit]
    last = rows[-1]
    value = last._mapping[query.sort.removeprefix("-")]
    cursor = cursors.encode(query.sort, cursors.digest(filters), value, last.id)
    return list_document(rows, Item, cursors.next_link(query.sent(), cursor))
