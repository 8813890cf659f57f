"""The routes of `/api/auth/`."""

from base64 import urlsafe_b64encode
from typing import Any

from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import refresh_tokens, tokens
from accounts.key_ring import ring
from accounts.models import SigningKey
from accounts.rotation import JWKS_MAX_AGE, TOKEN_LIFETIME
from accounts.serializers import CredentialsSerializer, KeySetSerializer, RefreshSerializer


class AuthView(GenericAPIView[Any]):
    """A route that is for everybody."""

    authentication_classes = ()
    permission_classes = ()


class TokenView(AuthView):
    """User and password against tokens."""

    http_method_names = ["post"]
    parser_classes = (JSONParser,)
    serializer_class = CredentialsSerializer

    def post(self, request: Request) -> Response:
        """Answer with an access token and a refresh token."""
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)
        username = get_user_model().normalize_username(sent.validated_data["username"])
        plain = request._request  # what other parts of Django know
        user = authenticate(plain, username=username, password=sent.validated_data["password"])
        if not isinstance(user, User):
            raise AuthenticationFailed("There is no such user with this password.")
        user_logged_in.send(sender=User, request=plain, user=user)
        return _tokens(user, refresh_tokens.begin(user))


class RefreshView(AuthView):
    """A refresh token against new tokens."""

    http_method_names = ["post"]
    parser_classes = (JSONParser,)
    serializer_class = RefreshSerializer

    def post(self, request: Request) -> Response:
        """Answer with an access token and the refresh token that comes next."""
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            user, refresh = refresh_tokens.redeem(sent.validated_data["refresh"])
        except refresh_tokens.InvalidRefreshToken as error:
            raise AuthenticationFailed("This refresh token is not valid, or no longer.") from error
        return _tokens(user, refresh)


class KeySetView(AuthView):
    """The public keys, as a JWK set (RFC 7517, RFC 8037)."""

    http_method_names = ["get", "head"]
    serializer_class = KeySetSerializer

    def get(self, request: Request) -> Response:
        """Answer with every key that may verify a token, the next one included."""
        max_age = int(JWKS_MAX_AGE.total_seconds())
        return Response(
            {"keys": [_public(key) for key in ring.published()]},
            headers={"Cache-Control": f"public, max-age={max_age}"},
        )


def _tokens(user: User, refresh: str) -> Response:
    access, scope = tokens.issue(user)
    body = {
        "access": access,
        "refresh": refresh,
        "token_type": "Bearer",
        "expires_in": int(TOKEN_LIFETIME.total_seconds()),
        "scope": scope,
    }
    return Response(body, headers={"Cache-Control": "no-store"})


def _public(key: SigningKey) -> dict[str, str]:
    x = urlsafe_b64encode(key.public_key).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key.kid, "use": "sig", "alg": tokens.ALGORITHM}
