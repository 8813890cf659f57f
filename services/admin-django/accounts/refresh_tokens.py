"""Refresh tokens: opaque, good once, for twelve hours after the password was given.

A login is one row that knows its newest token only. An older one means that two hold it, and one of them has stolen it:
the login ends, for both. The row is locked meanwhile, so that of two that come together one is the older.
"""

import re
import secrets
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import RefreshToken

LIFETIME = timedelta(hours=12)
CLEANED_AT_ONCE = 100
_FAMILY = re.compile(r"[0-9a-f]{32}", re.ASCII)


def begin(user: User) -> str:
    """Begin a login, and return its first token."""
    secret = _new_secret()
    with transaction.atomic():
        _remove_expired()
        login = RefreshToken.objects.create(
            family=uuid4(),
            user=user,
            digest=_digest(secret),
            password_state=user.get_session_auth_hash(),
            expires_at=timezone.now() + LIFETIME,
        )
    return _token(login.family, secret)


def redeem(token: str) -> tuple[User, str] | None:
    """Return the user and the token that replaces this one; None for one that is not good, which may end its login."""
    family, _, secret = token.partition(".")
    if not _FAMILY.fullmatch(family):
        return None
    with transaction.atomic():
        logins = RefreshToken.objects.select_for_update(of=("self",)).select_related("user")
        login = logins.filter(family=family, expires_at__gt=Now()).first()
        if login is None:
            return None
        if not _still_good(login, secret):
            login.delete()
            return None
        secret = _new_secret()
        login.digest = _digest(secret)
        login.save(update_fields=["digest"])
        return login.user, _token(login.family, secret)


def _still_good(login: RefreshToken, secret: str) -> bool:
    return (
        compare_digest(login.digest, _digest(secret))
        and login.user.is_active
        and compare_digest(login.password_state, login.user.get_session_auth_hash())
    )


def _new_secret() -> str:
    return secrets.token_hex(32)


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _token(family: UUID, secret: str) -> str:
    return f"{family.hex}.{secret}"


def _remove_expired() -> None:
    """Delete some of the logins that are over; every login cleans up more than it leaves behind."""
    expired = RefreshToken.objects.filter(expires_at__lt=Now()).select_for_update(skip_locked=True)
    families = list(expired.values_list("family", flat=True)[:CLEANED_AT_ONCE])
    RefreshToken.objects.filter(family__in=families).delete()
