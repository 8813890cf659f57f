"""Problem responses: the body that every error of every service has (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PROBLEM_JSON = "application/problem+json"

_TITLES = {
    "invalid-parameter": "A parameter is not valid",
    "invalid-body": "The request body is not valid",
    "not-found": "There is nothing here",
    "method-not-allowed": "This method is not allowed here",
    "unauthenticated": "Sign in first",
    "forbidden": "You may not do this",
    "conflict": "This conflicts with what is there",
    "precondition-failed": "It has changed since you read it",
    "idempotency-mismatch": "This key was used for another request",
    "too-many-requests": "Too many requests",
    "not-supported": "This is not supported here",
    "unavailable": "Not available at the moment",
    "internal": "Something went wrong here",
}


@dataclass(eq=False)
class Problem(Exception):
    """An error as its response tells it; raised, or made into a response by each framework in its own way.

    The type is `urn:triptych:problem:<kind>`. `detail` is a sentence for a person; `errors`, given where it was
    validation, maps each field to its messages. In `more` are the members that only this kind has.
    """

    kind: str
    status: int
    detail: str
    errors: Mapping[str, Sequence[str]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, object] | None = None

    def __str__(self) -> str:
        return self.detail

    def response_headers(self) -> dict[str, str]:
        """Return the headers of the response; no cache may keep it."""
        return {"Content-Type": PROBLEM_JSON, "Cache-Control": "no-store", **self.headers}

    def body(self) -> bytes:
        """Return the body of the response, as JSON."""
        document: dict[str, object] = {
            "type": f"urn:triptych:problem:{self.kind}",
            "title": _TITLES[self.kind],
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors is not None:
            document["errors"] = self.errors
        document.update(self.more or {})
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def unavailable(detail: str, status: int = 503) -> Problem:
    """Return the problem that asks the client to try again in a second."""
    return Problem("unavailable", status, detail, headers={"Retry-After": "1"})
