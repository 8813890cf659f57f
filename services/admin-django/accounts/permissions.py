"""What a token must allow."""

from typing import Any

from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.tokens import AccessToken


class MissingScope(PermissionDenied):
    """The token is good, and not enough."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"The token lacks the scope {scope}.")
        self.auth_header = f'Bearer error="insufficient_scope", scope="{scope}"'


class HasScope(BasePermission):
    """The token has the view's `required_scope`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return True. Raises NotAuthenticated without a token, MissingScope for one that lacks it."""
        if not isinstance(request.auth, AccessToken):
            raise NotAuthenticated("A bearer token is needed.")
        if view.required_scope not in request.auth.scopes:
            raise MissingScope(view.required_scope)
        return True
