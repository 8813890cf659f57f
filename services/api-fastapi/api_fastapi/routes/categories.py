"""The categories, with counts that are made once for everyone and kept for a while."""

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic_core import to_json

from api_fastapi.cache.encoded_response import list_response
from api_fastapi.database.statements import CATEGORIES, CATEGORY_COUNTS, statement
from api_fastapi.replicas.router import Router
from api_fastapi.routes.dependencies import IfNoneMatch, RouterDependency, no_query, past_caches
from api_fastapi.routes.exact_route import ExactRoute, other_answers
from api_fastapi.routes.responses import conditional
from api_fastapi.routes.schemas import Category

router = APIRouter(
    prefix="/api/categories", tags=["api-fastapi"], route_class=ExactRoute, dependencies=[Depends(past_caches)]
)


class CategoryCounts:
    """The number of items of each category: counting reads a whole index, so it is done once for `max_age` seconds."""

    def __init__(self, reads: Router, max_age: float) -> None:
        """Count where `reads` go; a `max_age` of 0 keeps nothing."""
        self._reads = reads
        self._max_age = max_age
        self._kept: dict[bytes, int] = {}
        self._kept_until = 0.0
        self._counting: asyncio.Task[dict[bytes, int]] | None = None

    async def get(self) -> dict[bytes, int]:
        """Return the counts by slug, at most `max_age` seconds old; all who ask during a count wait for that one."""
        if not self._max_age:
            return await self._count()
        if time.monotonic() < self._kept_until:
            return self._kept
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count())
        return await asyncio.shield(self._counting)

    async def _count(self) -> dict[bytes, int]:
        begin = time.monotonic()  # the age counts from here: later changes may not be in it
        value = (found := await self._reads.query(*statement(CATEGORY_COUNTS).bind())).get_value
        self._kept = {value(row, 0) or b"": int(value(row, 1) or 0) for row in range(found.ntuples)}
        self._kept_until = begin + self._max_age
        return self._kept


async def _category_counts(request: Request) -> CategoryCounts:
    counts: CategoryCounts = request.state.category_counts
    return counts


@router.head(
    "/",
    operation_id="head_categories",
    response_model=None,
    responses=other_answers(304, 400, 405, 503),
    dependencies=[Depends(no_query)],
)
@router.get(
    "/",
    operation_id="list_categories",
    response_model=list[Category],
    responses=other_answers(304, 400, 405, 503),
    dependencies=[Depends(no_query)],
)
async def list_categories(
    counts: Annotated[CategoryCounts, Depends(_category_counts)],
    reads: RouterDependency,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List all categories by slug, each with the number of its items, which may be a minute old."""
    by_slug = await counts.get()
    value = (found := await reads.query(*statement(CATEGORIES).bind())).get_value
    rows = ((value(row, 0) or b"", value(row, 1) or b"") for row in range(found.ntuples))
    categories = [{"slug": slug.decode(), "name": name.decode(), "count": by_slug.get(slug, 0)} for slug, name in rows]
    return conditional(list_response(to_json(categories)), if_none_match)
