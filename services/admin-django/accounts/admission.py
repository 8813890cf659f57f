"""Logins one by one, before Django: whoever gets no turn has cost next to nothing, not even a query."""

import socket
from collections.abc import Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from io import BytesIO
from typing import TYPE_CHECKING, Any

from catalog.problems import ProblemResponse
from django.http import HttpRequest, HttpResponse
from triptych_shared.problems import PROBLEM_JSON, Problem

from accounts import devices
from accounts.addresses import client_address
from accounts.strikes import Strikes
from accounts.turns import PATIENCE, RETRY_AFTER, NoTurn, Visit, turns, visit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUTES = {  # and how each answers who has given the right password
    "/api/auth/token/": "200",
    "/admin/login/": "302",
    "/admin/password_change/": "302",
}
LONGEST = 64 * 1024  # a form has room for everything that a login needs
BUSY = "Many sign in at the moment: the password was not looked at. Try again."
PAGE = f"<!doctype html><html lang=en><title>Try again</title><h1>Try again</h1><p>{BUSY}</p></html>".encode()

strikes = Strikes()


class Admission:
    """WSGI middleware: take a turn for each login, or answer 503. Elsewhere, whoever hashes takes one then."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        here = visit.set(Visit(0, lambda: _has_left(environ)))
        try:
            if environ["REQUEST_METHOD"] == "POST" and environ.get("PATH_INFO") in ROUTES:
                return self._log_in(environ, start_response)
            return self.app(environ, start_response)
        finally:
            visit.reset(here)

    def _log_in(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        body = _read(environ)
        if body is None:
            detail = f"The request body is larger than {LONGEST} bytes."
            errors = {"body": ["is larger than this route takes"]}
            return _answer(start_response, "413 Content Too Large", Problem("invalid-body", 413, detail, errors).body())
        environ["wsgi.input"] = BytesIO(body)
        environ.setdefault("CONTENT_LENGTH", str(len(body)))  # of chunks nobody has said it
        device = devices.known(_cookies(environ))
        who = f"device {device}" if device else client_address(environ)
        tried, early = strikes.come(who)
        # Who has come in here before goes ahead of every newcomer.
        mine = Visit(tried - 1 if device else tried, lambda: _has_left(environ))
        try:
            turns.take(mine.rank, PATIENCE)
        except NoTurn:
            return self._refuse(environ, start_response, who, early)
        mine.has_turn = True
        here = visit.set(mine)
        statuses: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            statuses.append(status)
            return start_response(status, headers, *exc_info)

        try:
            return self.app(environ, start)
        finally:
            visit.reset(here)
            turns.give_back()
            if statuses and not statuses[-1].startswith((ROUTES[environ["PATH_INFO"]], "5")):
                strikes.strike(who)

    def _refuse(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", who: str, early: bool
    ) -> Iterable[bytes]:
        held = strikes.refuse(who, early)
        keep_back = getattr(environ.get("gunicorn.socket"), "keep_back", None)
        if held and keep_back:
            keep_back(held)
        headers = [("Retry-After", str(RETRY_AFTER))]
        if "text/html" in environ.get("HTTP_ACCEPT", ""):
            return _answer(start_response, "503 Service Unavailable", PAGE, headers, "text/html; charset=utf-8")
        return _answer(start_response, "503 Service Unavailable", Problem("unavailable", 503, BUSY).body(), headers)


class NoTurnToHash:
    """Middleware: answer 503 where a password could not be hashed now."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, NoTurn):
            return None
        headers = {"Retry-After": str(RETRY_AFTER)}
        if request.accepts("text/html") and not request.path.startswith("/api/"):
            return HttpResponse(PAGE, status=503, headers={**headers, "Cache-Control": "no-store"})
        return ProblemResponse("unavailable", 503, BUSY, headers=headers)


def _answer(
    start_response: "StartResponse",
    status: str,
    body: bytes,
    headers: Iterable[tuple[str, str]] = (),
    kind: str = PROBLEM_JSON,
) -> Iterable[bytes]:
    start_response(
        status,
        [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store"), *headers],
    )
    return [body]


def _read(environ: "WSGIEnvironment") -> bytes | None:
    """Return the body, or None where it is too long. Before there is a turn, which would wait for a slow client."""
    sent = environ.get("CONTENT_LENGTH")
    if sent and int(sent) > LONGEST:
        return None
    if not sent and not environ.get("wsgi.input_terminated"):
        return b""
    body: bytes = environ["wsgi.input"].read(min(int(sent), LONGEST) if sent else LONGEST + 1)
    return body if len(body) <= LONGEST else None


def _cookies(environ: "WSGIEnvironment") -> dict[str, str]:
    sent = environ.get("HTTP_COOKIE", "")
    if devices.PREFIX not in sent:
        return {}
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(sent).items()}
    except CookieError:
        return {}


def _has_left(environ: "WSGIEnvironment") -> bool:
    """Return whether the client has closed its connection."""
    connection = environ.get("gunicorn.socket")
    if connection is None:
        return False
    try:
        return bool(connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"")
    except BlockingIOError:
        return False
    except OSError:
        return True
