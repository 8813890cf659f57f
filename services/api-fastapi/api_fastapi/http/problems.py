"""Every error of this service as a problem (RFC 9457)."""

import logging
from collections.abc import Mapping, Sequence

from triptych_shared import problems
from triptych_shared.problems import Problem

from api_fastapi.database.errors import DatabaseUnavailableError, TooSlowError
from api_fastapi.http.responses import PlainResponse

logger = logging.getLogger(__name__)


def invalid_parameters(errors: Mapping[str, Sequence[str]]) -> Problem:
    """Return the problem of a query whose parameters are not valid; `errors` has the messages by parameter."""
    return Problem("invalid-parameter", 400, f"Not valid: {', '.join(errors)}.", errors)


def malformed() -> Problem:
    """Return the problem of what is not an HTTP request."""
    return Problem("invalid-parameter", 400, "This is not a well-formed HTTP request.")


def not_found(path: str) -> Problem:
    """Return the problem of a path with nothing behind it."""
    return Problem("not-found", 404, f"There is nothing at {path}.")


def method_not_allowed() -> Problem:
    """Return the problem of any method but GET and HEAD, which every route takes."""
    return Problem("method-not-allowed", 405, "Only GET and HEAD are allowed here.", headers={"Allow": "GET, HEAD"})


def unavailable(error: DatabaseUnavailableError) -> Problem:
    """Return the problem of a read that the database cannot answer now."""
    logger.warning("%s: %s", error, error.__cause__)
    # 504 tells the gateway not to have the others ask a slow database the same
    return problems.unavailable(f"This cannot be read now: {error}.", 504 if isinstance(error, TooSlowError) else 503)


def internal() -> Problem:
    """Return the problem of a mistake of ours."""
    return Problem("internal", 500, "The error has been logged under this request's id.")


def plain(problem: Problem) -> PlainResponse:
    """Return the response that tells of a problem."""
    body = problem.body()
    headers = problem.response_headers() | {"Content-Length": str(len(body))}
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return PlainResponse(problem.status, pairs, body)
