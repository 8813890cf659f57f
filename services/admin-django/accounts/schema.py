"""What `manage.py spectacular` says of the routes of `/api/auth/`; a test holds it to the contract."""

from catalog.reads.schema import IF_NONE_MATCH, NOT_MODIFIED, problems
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema

from accounts.serializers import CredentialsSerializer, KeySetSerializer, RefreshSerializer, TokensSerializer


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The scheme of the routes that ask for a token."""

    target_class = "accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the scheme as the contract has it."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


token = extend_schema(
    operation_id="get_token",
    request=CredentialsSerializer,
    responses={200: TokensSerializer, **problems(400, 401, 405, 413, 415, 429, 503)},
)
refresh = extend_schema(
    operation_id="refresh_token",
    request=RefreshSerializer,
    responses={200: TokensSerializer, **problems(400, 401, 405, 413, 415, 503)},
)
key_set = extend_schema(
    operation_id="list_keys",
    parameters=[IF_NONE_MATCH],
    responses={200: KeySetSerializer, **NOT_MODIFIED, **problems(400, 405, 503)},
)
