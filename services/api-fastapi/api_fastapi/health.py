"""Whether this process lives, and whether it can serve."""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api_fastapi import selects
from api_fastapi.database import Database, DatabaseDependency
from api_fastapi.feed import Feed
from api_fastapi.nodes import Nodes
from api_fastapi.routes import ExactRoute, other_answers
from api_fastapi.schemas import Alive, Ready
from api_fastapi.unavailable import DatabaseUnavailableError

logger = logging.getLogger(__name__)

# The newest migration of the catalog that this code relies on.
REQUIRED_MIGRATION = "0009_terms_indexed"
_APPLIED_MIGRATION = b"SELECT FROM applied_migrations WHERE app = $1::text AND name = $2::text"
# Seconds of silence after which a database counts as away: who asks wants to know within one.
_PATIENCE = 0.8

router = APIRouter(tags=["health"], route_class=ExactRoute)


async def _feed(request: Request) -> Feed | Nodes:
    feed: Feed | Nodes = request.state.feed
    return feed


@router.head("/livez", include_in_schema=False)
@router.get("/livez", operation_id="livez", response_model=Alive)
async def livez() -> Response:
    """Answer as long as the process does; never touches the database."""
    return _state(Alive(status="ok"))


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", operation_id="readyz", response_model=Ready, responses=other_answers(503))
async def readyz(database: DatabaseDependency, feed: Annotated[Feed | Nodes, Depends(_feed)]) -> Response:
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


async def _applied(database: Database, feed: Feed | Nodes) -> bool:
    needed = {"app": "catalog", "migration": REQUIRED_MIGRATION}
    try:
        return bool(await database.fetch(selects.APPLIED_MIGRATION, needed, _PATIENCE))
    except DatabaseUnavailableError:
        if not isinstance(feed, Nodes) or feed.followed is feed.primary:
            raise
        # While names change their meaning, who is read from may be reached by the connections there are, and no others.
        values = [value.encode() for value in needed.values()]
        return (await feed.run(b"ready", _APPLIED_MIGRATION, values)).ntuples > 0


def _state(state: Alive | Ready) -> Response:
    return Response(state.model_dump_json(), headers={"cache-control": "no-store"}, media_type="application/json")
