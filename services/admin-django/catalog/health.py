"""Whether this process lives, and whether it can serve."""

import logging
from collections.abc import Callable
from functools import cache, wraps

from config.postgresql.base import pulse
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from triptych_shared.pulse import READINESS
from triptych_shared.sqlstates import SAY_AGAIN

from catalog.problems import ProblemResponse
from catalog.waiting import sqlstate

logger = logging.getLogger(__name__)

View = Callable[[HttpRequest], HttpResponse]


@cache
def _needed_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations that this code was written against, as (app, name)."""
    return frozenset(MigrationLoader(None).disk_migrations)


def _only_read(view: View) -> View:
    """Refuse every method but GET and HEAD, which Django's `require_safe` does without a problem."""

    @csrf_exempt  # a POST is refused for what it is
    @wraps(view)
    def judged(request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return view(request)
        detail = "Only GET and HEAD are allowed here."
        return ProblemResponse("method-not-allowed", 405, detail, headers={"Allow": "GET, HEAD"})

    return judged


@_only_read
def livez(request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process does; never touches the database."""
    return _status("ok")


@_only_read
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
    return ProblemResponse("unavailable", 503, detail, headers={"Retry-After": "1"})
