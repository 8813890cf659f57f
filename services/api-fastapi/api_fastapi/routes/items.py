"""The reads of items: a page of them, and one."""

from fastapi import APIRouter, Depends, Request, Response
from starlette.exceptions import HTTPException

from api_fastapi.cache.coherent_cache import list_target
from api_fastapi.routes.dependencies import (
    IfNoneMatch,
    ItemIdDependency,
    ItemQueryDependency,
    RouterDependency,
    past_caches,
)
from api_fastapi.routes.exact_route import ExactRoute, other_answers
from api_fastapi.routes.responses import conditional
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
    request: Request, query: ItemQueryDependency, reads: RouterDependency, if_none_match: IfNoneMatch = None
) -> Response:
    """List items. `Link` names the next page; follow it until it is absent."""
    target = list_target(request.scope["query_string"])
    return conditional(await reads.page(target, query, query.position(), fresh=True), if_none_match)


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
async def get_item(item_id: ItemIdDependency, reads: RouterDependency, if_none_match: IfNoneMatch = None) -> Response:
    """Read one item; its `ETag` is its version."""
    response = await reads.item(item_id, fresh=True)
    if response is None:
        raise HTTPException(404)
    return conditional(response, if_none_match)
