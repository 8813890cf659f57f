"""Whether this process lives, and whether it can serve."""

import logging
from functools import cache

from config.postgresql.base import pulse
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from triptych_shared.problems import PROBLEM_JSON, problem
from triptych_shared.pulse import READINESS
from triptych_shared.sqlstates import SAY_AGAIN

from catalog.waiting import sqlstate

logger = logging.getLogger(__name__)


@cache
def _needed_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations that this code was written against, as (app, name)."""
    return frozenset(MigrationLoader(None).disk_migrations)


def livez(request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process does; never touches the database."""
    return _status("ok")


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and every migration that this code needs is applied, else 503."""
    try:
        with pulse().patience(READINESS), connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM applied_migrations")
            missing = _needed_migrations().difference(cursor.fetchall())
    except DatabaseError as error:
        if sqlstate(error) in SAY_AGAIN:
            raise
        return _unavailable("the database does not answer, or was never migrated")
    except Exception:
        logger.exception("readiness cannot be told")
        return _unavailable("nobody knows")
    if missing:
        return _unavailable("migrations not applied: " + ", ".join(sorted(f"{app}.{name}" for app, name in missing)))
    return _status("ready")


def _status(status: str) -> HttpResponse:
    return JsonResponse(
        {"status": status}, json_dumps_params={"separators": (",", ":")}, headers={"Cache-Control": "no-store"}
    )


def _unavailable(detail: str) -> HttpResponse:
    return HttpResponse(
        problem("unavailable", 503, detail),
        status=503,
        content_type=PROBLEM_JSON,
        headers={"Cache-Control": "no-store", "Retry-After": "1"},
    )
