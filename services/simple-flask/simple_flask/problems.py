"""Turn every error into a problem response."""

from flask import Flask, Response, abort, request
from psycopg.errors import QueryCanceled
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from triptych_shared.problems import Problem, unavailable
from triptych_shared.sqlstates import NOT_MIGRATED, SAY_AGAIN
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from simple_flask.settings import LARGEST_BODY


def response(error: Problem) -> Response:
    """Return the problem as a response."""
    return Response(error.body(), error.status, error.response_headers())


def too_slow() -> Problem:
    """Return the problem of a read that took too long: 504, so that the gateway does not have others ask the same."""
    return unavailable("The database took too long for this.", 504)


def init_app(app: Flask) -> None:
    """Register the error handlers, and what keeps Flask from answering by itself."""

    @app.before_request
    def refuse_redirects() -> None:
        # Flask would send a path without its slash to the one with it; a redirect here would name the service's own
        # host and path, so that is the gateway's business.
        if isinstance(request.routing_exception, RequestRedirect):
            abort(404)

    @app.after_request
    def forbid_storing(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.register_error_handler(Problem, response)

    @app.errorhandler(PoolTimeoutError)
    def answer_busy(error: Exception) -> Response:
        app.logger.warning("no connection became free: %s", error)
        return response(unavailable("The database does not answer. Try again in a moment."))

    @app.errorhandler(DBAPIError)
    def answer_database(error: DBAPIError) -> Response:
        state = getattr(error.orig, "sqlstate", None)
        if state in NOT_MIGRATED:
            return response(unavailable("The database is not migrated yet."))
        if not isinstance(error, OperationalError | InterfaceError) and state not in SAY_AGAIN:
            raise error
        app.logger.warning("the database did not answer: %s", error.orig)
        if isinstance(error.orig, QueryCanceled):
            return response(too_slow())
        return response(unavailable("The database does not answer. Try again in a moment."))

    @app.errorhandler(HTTPException)
    def answer_http(error: HTTPException) -> Response:
        return response(_from_http(error))


def _from_http(error: HTTPException) -> Problem:
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return Problem("method-not-allowed", 405, f"Allowed here: {allowed}.", headers={"Allow": allowed})
    if error.code == 404:
        return Problem("not-found", 404, "There is nothing at this address.")
    if error.code == 413:
        limit = f"The body is longer than {LARGEST_BODY} bytes."
        return Problem("invalid-body", 413, limit, {"body": [limit]})
    if error.code is not None and 400 <= error.code < 500:
        return Problem("invalid-body", error.code, "The request could not be read.", {"body": ["could not be read"]})
    # Flask has logged the exception with its traceback; nothing of it is shown.
    return Problem("internal", 500, "The error was logged with the id in X-Request-Id.")
