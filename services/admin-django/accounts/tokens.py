"""Access tokens: JWTs (RFC 7519) signed with EdDSA, good for five minutes, and as strict to verify as they are made."""

import json
import re
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.contrib.auth.models import User
from jwt.utils import base64url_decode

from accounts.key_ring import ring
from accounts.rotation import LEEWAY, TOKEN_LIFETIME
from accounts.scopes import scopes_of
from accounts.signing_keys import open_key

ALGORITHM = "EdDSA"
LENGTH = 2048
CLOCKS_DIFFER = 30
"""Seconds that the clock of who verifies a token may be behind: libraries allow for none unless they are told to."""
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}", re.ASCII)
_KID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_SUBJECT = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
_REQUIRED = ["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "scope"]


class InvalidToken(Exception):
    """A token that was not made here, or is no longer good; the message says why, for the log."""


@dataclass(frozen=True)
class AccessToken:
    """What a verified token says."""

    user_id: int
    scopes: frozenset[str]


def issue(user: User) -> tuple[str, str]:
    """Return a new token for the user, and its scope. Raises NoKeys, KeyNotOpened."""
    key = ring.current()
    now = int(time.time())
    scope = " ".join(sorted(scopes_of(user)))
    claims = {
        "iss": settings.TOKEN_ISSUER,
        "aud": settings.TOKEN_AUDIENCE,
        "sub": str(user.pk),
        "iat": now,
        "nbf": now - CLOCKS_DIFFER,
        "exp": now + int(TOKEN_LIFETIME.total_seconds()),
        "jti": str(uuid4()),
        "scope": scope,
    }
    return jwt.encode(claims, open_key(key), algorithm=ALGORITHM, headers={"kid": key.kid}), scope


def verify(token: str) -> AccessToken:
    """Return what the token says. Raises InvalidToken."""
    if len(token) > LENGTH or not _FORM.fullmatch(token):
        raise InvalidToken("not of the form of a token")
    key = ring.get(_kid(token.partition(".")[0]))
    if key is None:
        raise InvalidToken("the key is unknown")
    try:
        claims = jwt.decode(
            token,
            Ed25519PublicKey.from_public_bytes(bytes(key.public_key)),
            algorithms=[ALGORITHM],
            issuer=settings.TOKEN_ISSUER,
            audience=settings.TOKEN_AUDIENCE,
            leeway=LEEWAY,
            options={"require": _REQUIRED, "strict_aud": True},
        )
    except (jwt.InvalidTokenError, ValueError, OverflowError) as error:
        raise InvalidToken(str(error)) from error
    if not _SUBJECT.fullmatch(claims["sub"]) or not isinstance(claims["scope"], str):
        raise InvalidToken("the claims are not of their form")
    return AccessToken(int(claims["sub"]), frozenset(claims["scope"].split()))


def _kid(segment: str) -> str:
    """Return the key's id in the header. A member that our tokens do not have (jku, jwk, crit, b64…) is refused."""
    try:
        header = json.loads(base64url_decode(segment).decode(), object_pairs_hook=_members)
    except (ValueError, RecursionError) as error:
        raise InvalidToken(f"the header is not JSON: {error}") from error
    match header:
        case {"alg": "EdDSA", "kid": str(kid), "typ": "JWT"} if len(header) == 3 and _KID.fullmatch(kid):
            return kid
    raise InvalidToken("the header is not one of ours")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is given twice")
    return members
