"""Users of every kind, and their tokens."""

import time
from typing import Any
from uuid import uuid4

import jwt
from accounts import tokens
from accounts.key_ring import ring
from accounts.signing_keys import make_key, open_key
from django.conf import settings
from django.contrib.auth.models import Group, User

from tests.make import unique

PASSWORD = "a password of the tests"
IDENTITIES = ["none", "expired", "forged", "viewer", "editor", "manager"]


def make_user(*groups: str, password: str | None = None, **fields: Any) -> User:
    """Make a user in these groups; without a password nobody logs in as them."""
    user = User.objects.create_user(unique("user"), password=password, **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def access_token(user: User) -> str:
    """Return a good token of the user."""
    return tokens.issue(user)[0]


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries the token."""
    return {"Authorization": f"Bearer {token}"}


def good_claims(user: User) -> dict[str, object]:
    """Return the claims of a good token."""
    now = int(time.time())
    return {
        "iss": settings.TOKEN_ISSUER,
        "aud": settings.TOKEN_AUDIENCE,
        "sub": str(user.pk),
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "jti": str(uuid4()),
        "scope": "items:read items:write",
    }


def headers_of(identity: str) -> dict[str, str]:
    """Return the headers of a new user who is one of IDENTITIES."""
    if identity == "none":
        return {}
    if identity in ("viewer", "editor", "manager"):
        return bearer(access_token(make_user(identity)))
    key, claims = ring.current(), good_claims(make_user("manager"))
    if identity == "expired":
        claims |= {"iat": 1, "nbf": 1, "exp": int(time.time()) - 60}
        return bearer(jwt.encode(claims, open_key(key), "EdDSA", {"kid": key.kid}))
    assert identity == "forged"
    return bearer(jwt.encode(claims, open_key(make_key()), "EdDSA", {"kid": key.kid}))
