"""Liveness and readiness."""

from flask import Blueprint, Response, current_app
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from triptych_shared.problems import unavailable
from triptych_shared.pulse import READINESS
from triptych_shared.sqlstates import SAY_AGAIN

from simple_flask.database import REQUIRED_MIGRATION, db

bp = Blueprint("health", __name__)


@bp.get("/livez")
def livez() -> Response:
    """Say that the process answers; never touches the database."""
    return Response(b'{"status":"ok"}', content_type="application/json")


@bp.get("/readyz")
def readyz() -> Response:
    """Say that the database answers and has the schema that this code needs."""
    applied = text("SELECT count(*) FROM applied_migrations WHERE app = 'catalog' AND name = :name")
    try:
        with current_app.extensions["pulse"].patience(READINESS):
            count = db.session.execute(applied, {"name": REQUIRED_MIGRATION}).scalar_one()
    except Exception as error:
        # whatever it is (away, slow, a view that is not there or not yet granted), it is not ready
        if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in SAY_AGAIN:
            raise
        current_app.logger.warning("not ready: %s", error)
        raise unavailable("The database does not answer, or was never migrated.") from error
    if not count:
        raise unavailable(f"The migration catalog.{REQUIRED_MIGRATION} is not applied.")
    return Response(b'{"status":"ready"}', content_type="application/json")
