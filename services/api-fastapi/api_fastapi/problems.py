"""Every error as a problem response."""

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api_fastapi.events.queries import PATH, EventQuery
from api_fastapi.parameters import InvalidParametersError, ItemQuery, merged_errors
from api_fastapi.responses import problem_response
from api_fastapi.unavailable import DatabaseUnavailableError, TooSlowError

logger = logging.getLogger(__name__)


async def _http_exception(request: Request, error: HTTPException) -> Response:
    if error.status_code == 405:
        # every route here is read with both; FastAPI would name the first only
        return problem_response(
            "method-not-allowed", 405, "Only GET and HEAD are allowed here.", headers={"allow": "GET, HEAD"}
        )
    if error.status_code == 404:
        return not_found(request.url.path)
    raise error


async def _request_validation_error(request: Request, error: RequestValidationError) -> Response:
    if any(found["loc"][0] == "path" for found in error.errors()):
        return await _http_exception(request, HTTPException(404))
    model = EventQuery if request.scope["path"] == PATH else ItemQuery
    return _invalid(merged_errors(error, request.scope["query_string"], model.model_fields))


async def _invalid_parameters(request: Request, error: InvalidParametersError) -> Response:
    return _invalid(error.errors)


def _invalid(errors: dict[str, list[str]]) -> Response:
    return problem_response("invalid-parameter", 400, f"Not valid: {', '.join(errors)}.", errors)


async def _database_unavailable(request: Request, error: DatabaseUnavailableError) -> Response:
    return unavailable(error)


async def _internal(request: Request, error: Exception) -> Response:
    # the server logs the exception with its traceback
    return internal()


def not_found(path: str) -> Response:
    """Return the answer for what is not there."""
    return problem_response("not-found", 404, f"There is nothing at {path}.")


def malformed() -> Response:
    """Return the answer to what is no request."""
    return problem_response("invalid-parameter", 400, "This is not a well-formed HTTP request.")


def unavailable(error: DatabaseUnavailableError) -> Response:
    """Return the answer while the database cannot give one."""
    logger.warning("%s: %s", error, error.__cause__)
    # 504 tells the gateway not to have the others ask a slow database the same
    status = 504 if isinstance(error, TooSlowError) else 503
    return problem_response("unavailable", status, f"This cannot be read now: {error}.", headers={"retry-after": "1"})


def internal() -> Response:
    """Return the answer after a mistake of ours."""
    return problem_response("internal", 500, "The error has been logged under this request's id.")


def install(app: FastAPI) -> None:
    """Let every error of `app` be answered with a problem."""
    app.add_exception_handler(HTTPException, _http_exception)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _request_validation_error)  # type: ignore[arg-type]
    app.add_exception_handler(InvalidParametersError, _invalid_parameters)  # type: ignore[arg-type]
    app.add_exception_handler(DatabaseUnavailableError, _database_unavailable)  # type: ignore[arg-type]
    app.add_exception_handler(Exception, _internal)
