"""What routes take from a request: the id in the path, the query of the list, the headers that they declare."""

from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request
from pydantic import WithJsonSchema
from starlette.convertors import StringConvertor, register_url_convertor

from api_fastapi.http.query_parameters import ItemQuery, refuse_faults
from api_fastapi.replicas.router import Router


class ItemIdConvertor(StringConvertor):
    """Ids of the contract's form only: any other path is unknown, whatever the method."""

    regex = "[1-9][0-9]{0,18}"


register_url_convertor("item_id", ItemIdConvertor())


async def no_query(request: Request) -> None:
    """Refuse every parameter, on routes that take none."""
    refuse_faults(request.scope["query_string"], ())


async def _item_id(request: Request, item_id: Annotated[int, Path(alias="id", ge=1, le=2**63 - 1)]) -> int:
    # In one dependency, because FastAPI calls dependencies before it looks at the parameters beside them, and an id
    # beyond the largest bigint is judged before the query.
    await no_query(request)
    return item_id


async def _item_query(request: Request, query: Annotated[ItemQuery, Query()]) -> ItemQuery:
    refuse_faults(request.scope["query_string"], ItemQuery.model_fields)
    return query


async def _router(request: Request) -> Router:
    router: Router = request.state.router
    return router


RouterDependency = Annotated[Router, Depends(_router)]
ItemIdDependency = Annotated[int, Depends(_item_id)]
ItemQueryDependency = Annotated[ItemQuery, Depends(_item_query)]

# All lines of the header: several count as one list.
IfNoneMatch = Annotated[list[str] | None, Header(), WithJsonSchema({"type": "string"})]


def past_caches(cache_control: Annotated[str | None, Header(), WithJsonSchema({"type": "string"})] = None) -> None:
    """Declare `Cache-Control: no-cache`, which the fast path heeds; the routes ask the database in any case."""
