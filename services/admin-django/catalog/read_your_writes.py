"""Read your writes: whoever just wrote reads the database next, not what a cache still has."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

COOKIE = "triptych_fresh"
SECONDS = 5
_WRITES = ("POST", "PUT", "PATCH", "DELETE")
_PLACES = ("/api/items/", "/admin/catalog/")


class ReadYourWritesMiddleware:
    """Middleware: set the cookie for which the gateway passes its cache, after every write that was not refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method in _WRITES and request.path.startswith(_PLACES) and response.status_code < 400:
            response.set_cookie(COOKIE, "1", max_age=SECONDS, httponly=True, samesite="Lax", secure=request.is_secure())
        return response
