"""Every exception that a route raises, answered with a problem."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from triptych_shared.problems import Problem

from api_fastapi.database.errors import DatabaseUnavailableError
from api_fastapi.http import problems
from api_fastapi.http.query_parameters import merged_errors
from api_fastapi.routes.exact_route import ExactRoute
from api_fastapi.routes.responses import plain


async def _http_exception(request: Request, error: HTTPException) -> Response:
    if error.status_code == 405:
        return _response(problems.method_not_allowed())
    if error.status_code == 404:
        return _response(problems.not_found(request.url.path))
    raise error


async def _request_validation_error(request: Request, error: RequestValidationError) -> Response:
    if any(found["loc"][0] == "path" for found in error.errors()):
        return _response(problems.not_found(request.url.path))
    route: ExactRoute = request.scope["route"]
    query_string = request.scope["query_string"]
    return _response(problems.invalid_parameters(merged_errors(error.errors(), query_string, route.query_names)))


async def _problem(request: Request, error: Problem) -> Response:
    return _response(error)


async def _database_unavailable(request: Request, error: DatabaseUnavailableError) -> Response:
    return _response(problems.unavailable(error))


async def _internal(request: Request, error: Exception) -> Response:
    # the server logs the exception with its traceback
    return _response(problems.internal())


def _response(problem: Problem) -> Response:
    return plain(problems.plain(problem))


def install(app: FastAPI) -> None:
    """Let every error of `app` be answered with a problem."""
    app.add_exception_handler(HTTPException, _http_exception)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _request_validation_error)  # type: ignore[arg-type]
    app.add_exception_handler(Problem, _problem)  # type: ignore[arg-type]
    app.add_exception_handler(DatabaseUnavailableError, _database_unavailable)  # type: ignore[arg-type]
    app.add_exception_handler(Exception, _internal)
