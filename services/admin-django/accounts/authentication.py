"""Bearer tokens (RFC 6750) for the API. A session of the admin is none: nothing is done because of a cookie."""

import logging

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.tokens import AccessToken, InvalidToken, verify

logger = logging.getLogger(__name__)


class BearerAuthentication(BaseAuthentication):
    """`request.user` is the token's user, `request.auth` the token (`AccessToken`)."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """Return user and token, or None where none is given. Raises AuthenticationFailed for one that is not good."""
        token = _bearer(request)
        if token is None:
            return None
        try:
            verified = verify(token)
            return User.objects.get(pk=verified.user_id, is_active=True), verified
        except (InvalidToken, User.DoesNotExist) as error:
            logger.info("refused a token: %s", error)
            raise AuthenticationFailed("The token is not valid, or no longer.") from error

    def authenticate_header(self, request: Request) -> str:
        """Return WWW-Authenticate of a 401."""
        return "Bearer" if _bearer(request) is None else 'Bearer error="invalid_token"'


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip(" ") if scheme.lower() == "bearer" else None
