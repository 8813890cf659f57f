"""Whether this process lives, and whether it can serve."""

from fastapi import APIRouter, Response

from api_fastapi import selects
from api_fastapi.database import DatabaseDependency, DatabaseUnavailableError
from api_fastapi.routes import ExactRoute, other_answers
from api_fastapi.schemas import Alive, Ready

# The newest migration of the catalog that this code relies on.
REQUIRED_MIGRATION = "0001_initial"
# Seconds after which a database counts as away: less than the patience of those who ask.
_DEADLINE = 2

router = APIRouter(tags=["health"], route_class=ExactRoute)


@router.head("/livez", include_in_schema=False)
@router.get("/livez", operation_id="livez", response_model=Alive)
async def livez() -> Response:
    """Answer as long as the process does; never touches the database."""
    return _state(Alive(status="ok"))


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", operation_id="readyz", response_model=Ready, responses=other_answers(503))
async def readyz(database: DatabaseDependency) -> Response:
    """Answer 200 when the database answers and the migration that this code needs is applied, else 503."""
    needed = {"app": "catalog", "migration": REQUIRED_MIGRATION}
    if not await database.fetch(selects.APPLIED_MIGRATION, needed, deadline=_DEADLINE):
        raise DatabaseUnavailableError(f"the migration catalog.{REQUIRED_MIGRATION} is not applied")
    return _state(Ready(status="ready"))


def _state(state: Alive | Ready) -> Response:
    return Response(state.model_dump_json(), headers={"cache-control": "no-store"}, media_type="application/json")
