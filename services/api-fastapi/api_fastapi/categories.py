"""The categories, with counts that are made once for everyone and kept for a while."""

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api_fastapi import selects
from api_fastapi.database import Database
from api_fastapi.parameters import IfNoneMatch, no_query
from api_fastapi.responses import Document, list_document, respond
from api_fastapi.routes import ExactRoute, other_answers
from api_fastapi.schemas import Category

router = APIRouter(prefix="/api/categories", tags=["api-fastapi"], route_class=ExactRoute)


class CategoryCounts:
    """The answer of the route: counting reads a whole index, so its result is kept for `max_age` seconds."""

    def __init__(self, database: Database, max_age: float) -> None:
        """Count in `database`; a `max_age` of 0 keeps nothing."""
        self._database = database
        self._max_age = max_age
        self._kept: Document | None = None
        self._kept_until = 0.0
        self._counting: asyncio.Task[Document] | None = None

    async def document(self) -> Document:
        """Return the answer, at most `max_age` seconds old; while it is being counted, all wait for the one count."""
        if not self._max_age:
            return await self._count()
        if self._kept is not None and time.monotonic() < self._kept_until:
            return self._kept
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count())
        return await asyncio.shield(self._counting)

    async def _count(self) -> Document:
        begin = time.monotonic()  # the answer's age counts from here: later changes may not be in it
        document = list_document(await self._database.fetch(selects.CATEGORIES, {}), Category)
        self._kept, self._kept_until = document, begin + self._max_age
        return document


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
    counts: Annotated[CategoryCounts, Depends(_category_counts)], if_none_match: IfNoneMatch = None
) -> Response:
    """List all categories by slug, each with the number of its items."""
    return respond(await counts.document(), if_none_match)
