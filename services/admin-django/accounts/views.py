"""The routes of `/api/auth/`."""

import logging
from base64 import urlsafe_b64encode
from typing import Any

from catalog.problems import ProblemResponse
from catalog.reads.parameters import NoParameters, read_parameters
from catalog.reads.views import ReadView
from catalog.request_json import InvalidBody
from django.contrib.auth.models import User
from django.db import transaction
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import devices, refresh_tokens, schema, tokens
from accounts.bodies import read_body
from accounts.errors import AuthError, unauthenticated
from accounts.key_ring import NoKeys, ring
from accounts.models import SigningKey
from accounts.passwords import log_in
from accounts.rotation import JWKS_MAX_AGE, TOKEN_LIFETIME
from accounts.serializers import CredentialsSerializer, KeySetSerializer, RefreshSerializer
from accounts.signing_keys import KeyNotOpened

logger = logging.getLogger(__name__)


class TokensView(GenericAPIView[Any]):
    """A POST of something that is as good as a user, answered with tokens."""

    http_method_names = ["post"]
    authentication_classes = ()
    permission_classes = ()
    parser_classes = (JSONParser,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Judge the method, then the parameters, of which there are none."""
        super().initial(request, *args, **kwargs)
        if request.method != "POST":
            self.http_method_not_allowed(request)
        read_parameters(request, NoParameters)

    def handle_exception(self, exc: Exception) -> Any:
        """Answer a refusal as the problem that it is, and missing keys as something that passes."""
        match exc:
            case AuthError():
                return ProblemResponse(exc.kind, exc.status, exc.detail, exc.errors, exc.headers)
            case InvalidBody():
                return exc.response()
            case NoKeys() | KeyNotOpened():
                logger.error("no token can be signed: %s; the bootstrap step makes keys", exc)
                return ProblemResponse("unavailable", 503, "No token can be signed.", headers={"Retry-After": "1"})
        return super().handle_exception(exc)

    def tokens(self, user: User, refresh: str) -> Response:
        """Return the answer for the user."""
        access, scope = tokens.issue(user)
        body = {
            "access": access,
            "refresh": refresh,
            "token_type": "Bearer",
            "expires_in": int(TOKEN_LIFETIME.total_seconds()),
            "scope": scope,
        }
        return Response(body, headers={"Cache-Control": "no-store"})


class TokenView(TokensView):
    """User and password against tokens."""

    serializer_class = CredentialsSerializer

    @schema.token
    def post(self, request: Request) -> Response:
        """Answer with an access token and a refresh token."""
        sent = read_body(request, CredentialsSerializer)
        user = log_in(request._request, sent["username"], sent["password"], sent.get("otp"))
        response = self.tokens(user, refresh_tokens.begin(user))
        devices.remember(response, user.get_username())
        return response


class RefreshView(TokensView):
    """A refresh token against new tokens."""

    serializer_class = RefreshSerializer

    @schema.refresh
    def post(self, request: Request) -> Response:
        """Answer with an access token, and the refresh token for the next time."""
        sent = read_body(request, RefreshSerializer)
        with transaction.atomic():  # a token that brought nothing is not used up
            redeemed = refresh_tokens.redeem(sent["refresh"])
            if redeemed:
                return self.tokens(*redeemed)
        raise unauthenticated("This refresh token is not valid, or no longer.")


class KeySetView(ReadView):
    """The public keys, as a JWK set (RFC 7517, RFC 8037)."""

    serializer_class = KeySetSerializer
    cache_control = f"public, max-age={int(JWKS_MAX_AGE.total_seconds())}"

    @schema.key_set
    def get(self, request: Request) -> Response:
        """Answer with every key that may verify a token, the next one included."""
        return Response({"keys": [_public(key) for key in ring.published()]})


def _public(key: SigningKey) -> dict[str, str]:
    x = urlsafe_b64encode(key.public_key).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key.kid, "use": "sig", "alg": tokens.ALGORITHM}
