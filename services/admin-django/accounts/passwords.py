"""Users by name and password, through the one mechanism that also guards the admin's login."""

from math import ceil

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from accounts.refusals import Refused, unauthenticated


def log_in(request: HttpRequest, username: str, password: str) -> User:
    """Return the user, and have the login noted. Raises Refused, for who tries too often even with the right password.

    An unknown name costs as much time as a wrong password: Django hashes in both cases.
    """
    user = authenticate(request, username=User.normalize_username(username), password=password)
    if getattr(request, "axes_locked_out", False):
        from axes.helpers import get_cool_off

        request.axes_locked_out = False  # type: ignore[attr-defined]  # the answer is ours, not its middleware's
        cool_off = get_cool_off(request)
        wait = {"Retry-After": str(ceil(cool_off.total_seconds()))} if cool_off else {}
        raise Refused("too-many-requests", 429, "Too many failed logins: try again later.", headers=wait)
    if not isinstance(user, User):
        raise unauthenticated("There is no such user with this password.")
    user_logged_in.send(sender=User, request=request, user=user)
    return user
