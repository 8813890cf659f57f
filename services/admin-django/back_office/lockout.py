"""Who tries passwords is locked out: in the back office and at the token endpoint alike."""

from typing import Any

from accounts import addresses, devices
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from catalog.problems import ProblemResponse
from django.conf import settings
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

DEVICE = "known device "  # and its id: what the list of wrong passwords has in the place of the user agent


class Lockout(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts wrong passwords by user and address, and of a user over all addresses; those of a known device apart.

    So a stranger, from however many addresses, locks nobody out of where they have come in before.
    """

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Return whether the user has to wait here."""
        if super().is_locked(request, credentials):
            return True
        if _device(request, credentials):
            return False
        recent = AccessAttempt.objects.filter(attempt_time__gte=timezone.now() - settings.AXES_COOLOFF_TIME)
        others = recent.filter(username=tried_username(request, credentials)).exclude(user_agent__startswith=DEVICE)
        failures = others.aggregate(all=Sum("failures_since_start"))["all"] or 0
        return bool(failures >= settings.ACCOUNT_FAILURE_LIMIT)

    def user_login_failed(self, sender: Any, credentials: Any, request: Any = None, **kwargs: Any) -> None:
        """Note a wrong password, and where it came from."""
        if request is not None and (device := _device(request, credentials)):
            request.axes_user_agent = DEVICE + device
        elif request is not None and request.axes_user_agent.startswith(DEVICE):
            request.axes_user_agent = "<forged>"
        super().user_login_failed(sender, credentials, request, **kwargs)

    def filter_user_attempts(self, request: HttpRequest, credentials: Any = None) -> list[QuerySet[AccessAttempt]]:
        """Return the wrong passwords that count with this one."""
        if device := _device(request, credentials):
            name = tried_username(request, credentials)
            return [AccessAttempt.objects.filter(username=name, user_agent=DEVICE + device)]
        found = super().filter_user_attempts(request, credentials)
        return [attempts.exclude(user_agent__startswith=DEVICE) for attempts in found]


def _device(request: HttpRequest, credentials: dict[str, Any] | None) -> str | None:
    return devices.known_for(request.COOKIES, tried_username(request, credentials))


def client_address(request: HttpRequest) -> str:
    """Return the client's address."""
    return addresses.client_address(request.META)


def tried_username(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Return the name that was tried, as far as the list of wrong passwords has room for it."""
    return str((credentials or request.POST).get("username") or "")[:255]


def locked_out(request: HttpRequest, original: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """Answer who is locked out; the same whether the password was right."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    if request.path.startswith("/api/"):
        detail = (
            f"Too many wrong passwords for this user: try again in {seconds // 60} minutes, or from where you have"
            " signed in before, with its cookie or refresh token."
        )
        return ProblemResponse("too-many-requests", 429, detail, headers={"Retry-After": str(seconds)})
    context = {"minutes": seconds // 60, "title": "Locked out"}
    response = render(request, "back_office/locked_out.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response
