"""Every error of the API as a problem, those that Django answers by itself included."""

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import DisallowedHost
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import SimpleTemplateResponse
from rest_framework import exceptions
from triptych_shared.problems import Problem
from triptych_shared.request_ids import request_id
from triptych_shared.sqlstates import ATTEMPTS, NOT_MIGRATED, SAY_AGAIN

from catalog.waiting import given_up, sqlstate, timed_out


class ProblemResponse(HttpResponse):
    """A problem of one of the kinds in `triptych_shared.problems`."""

    def __init__(
        self,
        kind: str,
        status: int,
        detail: str,
        errors: dict[str, list[str]] | None = None,
        headers: dict[str, str] | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        problem = Problem(kind, status, detail, errors, headers or {}, more)
        super().__init__(problem.body(), status=status, headers=problem.response_headers())


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Answer what a view of REST framework raises; None hands an error on to Django."""
    match error:
        case exceptions.ValidationError(detail=dict() as errors):
            named = ", ".join(errors)
            return ProblemResponse("invalid-parameter", 400, f"Not valid: {named}.", errors)
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return ProblemResponse("unauthenticated", 401, str(error), headers=_challenge(error))
        case exceptions.PermissionDenied():
            return ProblemResponse("forbidden", 403, str(error), headers=_challenge(error))
        case exceptions.MethodNotAllowed():
            allowed = ", ".join(context["view"].allowed_methods)
            return ProblemResponse("method-not-allowed", 405, f"Allowed here: {allowed}.", headers={"Allow": allowed})
        case Http404():
            return ProblemResponse("not-found", 404, str(error) or "There is nothing here.")
    return None


def _challenge(error: Exception) -> dict[str, str]:
    """Return WWW-Authenticate, where the authentication or the permission said what it should be."""
    challenge = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": challenge} if challenge else {}


class DatabaseAway:
    """Middleware: answer 503 while the database does not answer, and read again what a change of the schema broke."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        reads = request.method in ("GET", "HEAD")
        for _ in range(ATTEMPTS - 1):
            if not reads or sqlstate(error) not in SAY_AGAIN or connection.in_atomic_block:
                break
            connection.close()  # with all that it remembers; the next statement makes another
            try:
                return _viewed(request)
            except DatabaseError as another:
                error = another
        answer = _unavailable(error, reads)
        if answer is None or not (_is_for_people(request) and "text/html" in request.headers.get("Accept", "")):
            return answer
        return _page(answer.status_code, "Not available at the moment", json.loads(answer.content)["detail"])


def _viewed(request: HttpRequest) -> HttpResponse:
    """Return what the request's view answers."""
    match = request.resolver_match
    assert match is not None
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response.render() if isinstance(response, SimpleTemplateResponse) else response


def _unavailable(error: Exception, reads: bool) -> HttpResponse | None:
    """Return the answer where the database cannot give one; None where the error is a mistake of ours."""
    away = {"Retry-After": "1"}
    if reads and timed_out(error):
        # 504 tells the gateway not to have others ask a slow database the same
        return ProblemResponse("unavailable", 504, "The database took too long for this.", headers=away)
    if why := given_up(error):
        return ProblemResponse("unavailable", 503, why, headers=away)
    if isinstance(error, OperationalError | InterfaceError) or sqlstate(error) in SAY_AGAIN:
        return ProblemResponse("unavailable", 503, "The database does not answer.", headers=away)
    if isinstance(error, DatabaseError) and sqlstate(error) in NOT_MIGRATED:
        return ProblemResponse("unavailable", 503, "The database is not migrated.", headers=away)
    return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django refuses before any view, one for another host for example."""
    if isinstance(exception, DisallowedHost):
        detail = "The system does not know itself by this host name. Whoever runs it adds it to DJANGO_ALLOWED_HOSTS."
        if _is_for_people(request):
            return _page(400, "Unknown host name", detail)
        return ProblemResponse("invalid-parameter", 400, detail)
    if _is_for_people(request):
        return _page(400, "This request is not valid", "It cannot be served here.")
    return ProblemResponse("invalid-parameter", 400, "This request cannot be served here.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer who is signed in and may not do this."""
    if _is_for_people(request):
        return _page(403, "You may not do this", "Your user has no permission for it. An administrator can give it.")
    return ProblemResponse("forbidden", 403, "You may not do this.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was sent from elsewhere, or from a page that is older than the login."""
    if "does not match any trusted origins" in reason:
        detail = "This form was sent from an origin that is not trusted. Whoever runs the system adds the one under"
        detail += " which it is reached, with its scheme, to DJANGO_CSRF_TRUSTED_ORIGINS."
        return _page(403, "Origin not trusted", detail)
    return _page(403, "This form is too old", "Nothing was done. Go back, load the page anew, and send it again.")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a path that no route has."""
    if _is_for_people(request):
        return _page(404, "There is nothing here", "No page has this address. It may have been moved or deleted.")
    return ProblemResponse("not-found", 404, "There is nothing at this path.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after an exception that nobody expected; Django has logged it."""
    if _is_for_people(request):
        return _page(500, "Something went wrong here", "The log has it under the number of this request.")
    return ProblemResponse("internal", 500, "Something went wrong; the log has it under this response's X-Request-Id.")


def _page(status: int, title: str, text: str) -> HttpResponse:
    """Return the page of an error. It is made without the session and the database, which may be what is away."""
    context = {"status": status, "title": title, "text": text, "request_id": request_id.get()}
    headers = {"Retry-After": "1"} if status in (503, 504) else {}
    return HttpResponse(render_to_string("back_office/error.html", context), status=status, headers=headers)


def _is_for_people(request: HttpRequest) -> bool:
    return request.path.startswith("/admin/")
