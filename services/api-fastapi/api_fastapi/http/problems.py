"""Every error of this service as a problem (RFC 9457), ready to be sent; nobody may keep one."""

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from triptych_shared import problems
from triptych_shared.problems import Problem

from api_fastapi.database.errors import DatabaseUnavailableError, TooSlowError

logger = logging.getLogger(__name__)


class ProblemResponse(NamedTuple):
    """A problem: status, headers with their names in lower case, and body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def encoded(problem: Problem) -> ProblemResponse:
    """Return the problem as it is sent."""
    body = problem.body()
    headers = problem.response_headers() | {"Content-Length": str(len(body))}
    return ProblemResponse(
        problem.status, [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()], body
    )


def invalid_parameters(errors: Mapping[str, Sequence[str]]) -> ProblemResponse:
    """Return the problem of a query whose parameters are not valid."""
    return encoded(Problem("invalid-parameter", 400, f"Not valid: {', '.join(errors)}.", errors))


def malformed() -> ProblemResponse:
    """Return the problem of what is not an HTTP request."""
    return encoded(Problem("invalid-parameter", 400, "This is not a well-formed HTTP request."))


def not_found(path: str) -> ProblemResponse:
    """Return the problem of a path with nothing behind it."""
    return encoded(Problem("not-found", 404, f"There is nothing at {path}."))


def method_not_allowed() -> ProblemResponse:
    """Return the problem of any method but GET and HEAD, which every route takes."""
    return encoded(
        Problem("method-not-allowed", 405, "Only GET and HEAD are allowed here.", headers={"Allow": "GET, HEAD"})
    )


def unavailable(error: DatabaseUnavailableError) -> ProblemResponse:
    """Return the problem of a read that the database cannot answer now."""
    logger.warning("%s: %s", error, error.__cause__)
    # 504 tells the gateway not to have the others ask a slow database the same
    status = 504 if isinstance(error, TooSlowError) else 503
    return encoded(problems.unavailable(f"This cannot be read now: {error}.", status))


def internal() -> ProblemResponse:
    """Return the problem of a mistake of ours."""
    return encoded(Problem("internal", 500, "The error has been logged under this request's id."))
