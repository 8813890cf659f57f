"""Who tries passwords is locked out: by user and address, in the back office and at the token endpoint alike."""

from ipaddress import ip_address
from typing import Any

from catalog.problems import ProblemResponse
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def client_address(request: HttpRequest) -> str:
    """Return the client's address.

    The gateway is the only way in, and overwrites X-Forwarded-For with the address that it believes in: its own peer,
    or what a proxy of TRUSTED_PROXIES says.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    try:
        return str(ip_address(forwarded))
    except ValueError:
        return str(request.META.get("REMOTE_ADDR") or "127.0.0.1")


def tried_username(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Return the name that was tried, as far as the list of wrong passwords has room for it."""
    return str((credentials or request.POST).get("username") or "")[:255]


def locked_out(request: HttpRequest, original: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """Answer who is locked out; the same whether the password was right."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    if request.path.startswith("/api/"):
        detail = f"Too many wrong passwords for this user from this address: try again in {seconds // 60} minutes."
        return ProblemResponse("too-many-requests", 429, detail, headers={"Retry-After": str(seconds)})
    context = {"minutes": seconds // 60, "title": "Locked out"}
    response = render(request, "back_office/locked_out.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response
