"""The errors of `/api/auth/`, each as the problem that it is answered with."""


class AuthError(Exception):
    """The answer is a problem of this kind."""

    def __init__(
        self,
        kind: str,
        status: int,
        detail: str,
        *,
        errors: dict[str, list[str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind, self.status, self.detail, self.errors, self.headers = kind, status, detail, errors, headers


def unauthenticated(detail: str) -> AuthError:
    """Return the error for a wrong password or refresh token."""
    return AuthError("unauthenticated", 401, detail, headers={"WWW-Authenticate": "Bearer"})


def invalid_body(errors: dict[str, list[str]]) -> AuthError:
    """Return the error for a wrong body; `errors` by member, or `body` for the whole."""
    return AuthError("invalid-body", 400, f"Wrong in the body: {', '.join(errors)}.", errors=errors)
