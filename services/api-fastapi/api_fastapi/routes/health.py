"""Whether this process lives, and whether it can serve."""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from triptych_shared.pulse import READINESS

from api_fastapi.change_feed.poller import FeedPoller
from api_fastapi.database import item_queries
from api_fastapi.database.errors import DatabaseUnavailableError
from api_fastapi.database.sqlalchemy_pool import SQLAlchemyPool
from api_fastapi.replicas.router import ReplicaRouter
from api_fastapi.routes.dependencies import DatabaseDependency
from api_fastapi.routes.exact_route import ExactRoute, other_answers
from api_fastapi.routes.schemas import Alive, Ready

logger = logging.getLogger(__name__)

# The newest migration of the catalog that this code relies on.
REQUIRED_MIGRATION = "0009_terms_indexed"
_APPLIED_MIGRATION = b"SELECT FROM applied_migrations WHERE app = $1::text AND name = $2::text"

router = APIRouter(tags=["health"], route_class=ExactRoute)


async def _feed(request: Request) -> FeedPoller | ReplicaRouter:
    feed: FeedPoller | ReplicaRouter = request.state.feed
    return feed


@router.head("/livez", include_in_schema=False)
@router.get("/livez", operation_id="livez", response_model=Alive)
async def livez() -> Response:
    """Answer as long as the process does; never touches the database."""
    return _state(Alive(status="ok"))


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", operation_id="readyz", response_model=Ready, responses=other_answers(503))
async def readyz(database: DatabaseDependency, feed: Annotated[FeedPoller | ReplicaRouter, Depends(_feed)]) -> Response:
    """Answer 200 when the database answers (the primary, or a standby that stands in for it), the migration that this
    code needs is applied, and the change feed has been caught up with once (reads go to the database while it cannot be
    followed); else 503.
    """
    try:
        applied = await _applied(database, feed)
    except DatabaseUnavailableError as error:
        raise DatabaseUnavailableError(str(error)) from error  # slow or away: who asks this wants yes or no
    except Exception as error:
        logger.exception("readiness cannot be told")
        raise DatabaseUnavailableError("nobody knows") from error
    if not applied:
        raise DatabaseUnavailableError(f"the migration catalog.{REQUIRED_MIGRATION} is not applied")
    if not feed.caught_up:
        raise DatabaseUnavailableError("the change feed has not been reached yet")
    return _state(Ready(status="ready"))


async def _applied(database: SQLAlchemyPool, feed: FeedPoller | ReplicaRouter) -> bool:
    needed = {"app": "catalog", "migration": REQUIRED_MIGRATION}
    try:
        return bool(await database.fetch(item_queries.APPLIED_MIGRATION, needed, READINESS))
    except DatabaseUnavailableError:
        if not isinstance(feed, ReplicaRouter) or feed.followed is feed.primary:
            raise
        # While names change their meaning, a server may be reached by the connections there are, and no others.
        values = [value.encode() for value in needed.values()]
        return (await feed.run(b"ready", _APPLIED_MIGRATION, values)).ntuples > 0


def _state(state: Alive | Ready) -> Response:
    return Response(state.model_dump_json(), headers={"cache-control": "no-store"}, media_type="application/json")
