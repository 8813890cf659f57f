"""Whether this process lives, and whether it can serve."""

import logging

from fastapi import APIRouter, Response
from triptych_shared.pulse import READINESS

from api_fastapi.database.errors import DatabaseUnavailableError
from api_fastapi.database.statements import APPLIED_MIGRATION, statement
from api_fastapi.routes.dependencies import RouterDependency
from api_fastapi.routes.exact_route import ExactRoute, other_answers
from api_fastapi.routes.schemas import Alive, Ready

logger = logging.getLogger(__name__)

# The newest migration of the catalog that this code relies on.
REQUIRED_MIGRATION = "0009_terms_indexed"

router = APIRouter(tags=["health"], route_class=ExactRoute)


@router.head("/livez", include_in_schema=False)
@router.get("/livez", operation_id="livez", response_model=Alive)
async def livez() -> Response:
    """Answer as long as the process does; never touches the database."""
    return _state(Alive(status="ok"))


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", operation_id="readyz", response_model=Ready, responses=other_answers(503))
async def readyz(reads: RouterDependency) -> Response:
    """Answer 200 when the database answers (the primary, or a standby that stands in for it), the migration that this
    code needs is applied, and the change feed has been caught up with once (reads go to the database while it cannot be
    followed); else 503.
    """
    needed = statement(APPLIED_MIGRATION).bind(app="catalog", migration=REQUIRED_MIGRATION)
    try:
        applied = await reads.query(*needed, patience=READINESS)
    except DatabaseUnavailableError as error:
        raise DatabaseUnavailableError(str(error)) from error  # slow or away: who asks this wants yes or no
    except Exception as error:
        logger.exception("readiness cannot be told")
        raise DatabaseUnavailableError("nobody knows") from error
    if not applied.ntuples:
        raise DatabaseUnavailableError(f"the migration catalog.{REQUIRED_MIGRATION} is not applied")
    if not reads.caught_up:
        raise DatabaseUnavailableError("the change feed has not been reached yet")
    return _state(Ready(status="ready"))


def _state(state: Alive | Ready) -> Response:
    return Response(state.model_dump_json(), headers={"cache-control": "no-store"}, media_type="application/json")
