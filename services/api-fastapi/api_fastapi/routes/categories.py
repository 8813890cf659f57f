"""The categories, with counts that are made once for everyone and kept for a while."""

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api_fastapi.database import item_queries
from api_fastapi.database.sqlalchemy_pool import SQLAlchemyPool
from api_fastapi.routes.dependencies import DatabaseDependency, IfNoneMatch, no_query, past_caches
from api_fastapi.routes.exact_route import ExactRoute, other_answers
from api_fastapi.routes.item_responses import list_document, respond
from api_fastapi.routes.schemas import Category

router = APIRouter(
    prefix="/api/categories", tags=["api-fastapi"], route_class=ExactRoute, dependencies=[Depends(past_caches)]
)


class CategoryCounts:
    """The number of items of each category: counting reads a whole index, so it is done once for `max_age` seconds."""

    def __init__(self, database: SQLAlchemyPool, max_age: float) -> None:
        """Count in `database`; a `max_age` of 0 keeps nothing."""
        self._database = database
        self._max_age = max_age
        self._kept: dict[str, int] = {}
        self._kept_until = 0.0
        self._counting: asyncio.Task[dict[str, int]] | None = None

    async def get(self) -> dict[str, int]:
        """Return the counts by slug, at most `max_age` seconds old; all who ask during a count wait for that one."""
        if not self._max_age:
            return await self._count()
        if time.monotonic() < self._kept_until:
            return self._kept
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count())
        return await asyncio.shield(self._counting)

    async def _count(self) -> dict[str, int]:
        begin = time.monotonic()  # the age counts from here: later changes may not be in it
        rows = await self._database.fetch(item_queries.CATEGORY_COUNTS, {})
        self._kept, self._kept_until = {row[0]: row[1] for row in rows}, begin + self._max_age
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
    database: DatabaseDependency,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List all categories by slug, each with the number of its items, which may be a minute old."""
    by_slug = await counts.get()
    rows = await database.fetch(item_queries.CATEGORIES, {})
    document = list_document(((row.slug, row.name, by_slug.get(row.slug, 0)) for row in rows), Category)
    return respond(document, if_none_match)
