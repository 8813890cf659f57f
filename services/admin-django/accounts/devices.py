"""Known devices: a cookie of an earlier login, by which an owner comes in while strangers try the account's passwords.

It lets nobody in by itself; it says that wrong passwords of others are not this device's. One for each user who has
come in there. After OWASP, "Slow Down Online Guessing Attacks with Device Cookies".
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from itertools import islice

from django.conf import settings
from django.contrib.auth.models import User
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpResponse
from django.utils.crypto import salted_hmac

PREFIX = "triptych_device_"
LIFETIME = timedelta(days=180)
LOOKED_AT = 8


def remember(response: HttpResponse, username: str) -> None:
    """Make the device that gets the response one that is known for the user."""
    name = _cookie(username)
    response.set_cookie(
        name,
        TimestampSigner(salt=name).sign(secrets.token_urlsafe(12)),
        max_age=LIFETIME,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )


def known_for(cookies: Mapping[str, str], username: str) -> str | None:
    """Return the id of a device that the user has come in on, else None."""
    return _device(cookies, _cookie(username))


def known(cookies: Mapping[str, str]) -> str | None:
    """Return the id of a device that anybody has come in on, else None."""
    ours = islice((name for name in cookies if name.startswith(PREFIX)), LOOKED_AT)
    return next(filter(None, (_device(cookies, name) for name in ours)), None)


def _cookie(username: str) -> str:
    return PREFIX + salted_hmac("device", User.normalize_username(username), algorithm="sha256").hexdigest()[:16]


def _device(cookies: Mapping[str, str], name: str) -> str | None:
    try:
        return TimestampSigner(salt=name).unsign(cookies.get(name, ""), max_age=LIFETIME)
    except BadSignature:
        return None
