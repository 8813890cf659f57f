"""Why a route of `/api/auth/` refuses, as the problem that it answers with."""


class Refused(Exception):
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


def unauthenticated(detail: str) -> Refused:
    """Return the refusal of a password or of a refresh token."""
    return Refused("unauthenticated", 401, detail, headers={"WWW-Authenticate": "Bearer"})


def invalid_body(errors: dict[str, list[str]]) -> Refused:
    """Return the refusal of a body; `errors` by member, or `body` for the whole."""
    return Refused("invalid-body", 400, f"Wrong in the body: {', '.join(errors)}.", errors=errors)
