"""Problem responses: the body that every error of every service has (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence

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


def problem(
    kind: str,
    status: int,
    detail: str,
    errors: Mapping[str, Sequence[str]] | None = None,
    more: Mapping[str, object] | None = None,
) -> bytes:
    """Return the JSON body of a problem of the type `urn:triptych:problem:<kind>`.

    `detail` is a sentence for a person; `errors`, given where it was validation, maps each field to its messages. In
    `more` are the members that only this kind has.
    """
    body: dict[str, object] = {
        "type": f"urn:triptych:problem:{kind}",
        "title": _TITLES[kind],
        "status": status,
        "detail": detail,
    }
    if errors is not None:
        body["errors"] = errors
    body.update(more or {})
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
