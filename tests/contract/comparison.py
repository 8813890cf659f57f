"""What must be equal between an answer and what the oracle expects."""

from tests.contract.oracle import Answer
from tests.http_client import Reply

PROBLEM_JSON = "application/problem+json"


def differences(expected: Answer, reply: Reply, service: str, method: str) -> list[str]:
    """Return a line for each thing about the reply that the contract does not allow."""
    seen: dict[str, object] = {"status": reply.status, "Content-Type": reply.header("Content-Type")}
    wanted: dict[str, object] = {"status": expected.status, "Content-Type": expected.content_type}
    seen["Cache-Control"], wanted["Cache-Control"] = reply.header("Cache-Control"), expected.cache_control
    seen["ETag"], wanted["ETag"] = reply.header("ETag"), expected.etag
    seen["Link"], wanted["Link"] = reply.header("Link"), expected.link
    seen["Vary"], wanted["Vary"] = reply.header("Vary"), None
    # what names no parameter the gateway may have answered itself: paths, methods and bytes that are no route's
    gateway_may = expected.status >= 400 and expected.errors is None and reply.header("X-Served-By") == "gateway"
    seen["X-Served-By"], wanted["X-Served-By"] = reply.header("X-Served-By"), "gateway" if gateway_may else service
    if expected.allow is not None:
        seen["Allow"], wanted["Allow"] = reply.header("Allow"), expected.allow
    if method == "HEAD":
        seen["body"], wanted["body"] = reply.body, b""
        if expected.body is not None and expected.status == 200:
            seen["Content-Length"], wanted["Content-Length"] = reply.header("Content-Length"), str(len(expected.body))
    elif expected.body is not None:
        seen["body"], wanted["body"] = reply.body, expected.body
    elif reply.header("Content-Type") == PROBLEM_JSON:
        problem = reply.json()
        seen |= {"type": problem.get("type"), "status in the body": problem.get("status"), "errors": _keys(problem)}
        wanted |= {"type": expected.problem, "status in the body": expected.status, "errors": expected.errors}
    return [f"{name} is {seen[name]!r}, not {wanted[name]!r}" for name in wanted if seen[name] != wanted[name]]


def _keys(problem: dict[str, object]) -> frozenset[str] | None:
    errors = problem.get("errors")
    return frozenset(errors) if isinstance(errors, dict) else None
