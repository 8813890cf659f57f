"""The shape that every error has, whoever answers it."""

from typing import Any

from tests.http_client import Reply


def assert_problem(reply: Reply, status: int, kind: str, errors: set[str] | None = None) -> None:
    """Check that the reply is this problem, names exactly these errors, and tells nothing of the inside."""
    assert (reply.status, reply.header("Content-Type")) == (status, "application/problem+json"), str(reply)
    problem: dict[str, Any] = reply.json()
    assert (problem["type"], problem["status"]) == (f"urn:triptych:problem:{kind}", status)
    assert problem["title"] and problem["detail"]
    assert (set(problem["errors"]) if "errors" in problem else None) == errors, str(reply)
    assert reply.header("Cache-Control") == "no-store"
    assert reply.header("X-Request-Id")
    assert reply.header("X-Served-By")
    assert_no_inside(reply)


def assert_no_inside(reply: Reply) -> None:
    """Check that the reply shows no stack trace, no SQL and no path of the code."""
    for word in (b"Traceback", b'File "', b"psycopg", b"sqlalchemy", b"SELECT ", b".py", b"<html"):
        assert word not in reply.body, str(reply)
