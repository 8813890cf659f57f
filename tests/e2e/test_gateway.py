"""What the gateway adds, refuses and answers itself."""

import concurrent.futures
import re
import socket
from urllib.parse import urlsplit

import pytest

from tests.http_client import HttpClient
from tests.problems import assert_problem
from tests.ready import PREFIXES
from tests.wait import until


def test_every_response_has_a_request_id_of_the_gateways_own(gateway: HttpClient) -> None:
    targets = [
        "/",
        "/api/items/",
        "/api/items",
        "/api/items/0/",
        "/nothing",
        "/livez",
        "/django/readyz",
        "/flask/livez",
    ]
    ids = [gateway.get(target, {"X-Request-Id": "forged"}).header("X-Request-Id") for target in targets * 3]
    assert all(id and re.fullmatch(r"[0-9a-f-]{16,64}", id) for id in ids), ids
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("service", PREFIXES)
def test_the_framework_answers_with_the_gateways_request_id_once(
    service: str, frameworks: dict[str, HttpClient]
) -> None:
    reply = frameworks[service].get("/api/items/?limit=1", {"X-Request-Id": "forged"})
    assert [name.lower() for name, _ in reply.headers].count("x-request-id") == 1
    assert reply.header("X-Request-Id") != "forged"
    assert reply.header("X-Served-By") == service


def test_a_public_read_is_answered_by_api_fastapi(gateway: HttpClient) -> None:
    assert gateway.get("/api/items/?limit=1").header("X-Served-By") == "api-fastapi"


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/api/items", "/api/items/"),
        ("/api/items?limit=1&q=a%20b", "/api/items/?limit=1&q=a%20b"),
        ("/api/items/17", "/api/items/17/"),
        ("/api/categories", "/api/categories/"),
        ("/api/tasks/quotes", "/api/tasks/quotes/"),
        ("/api/items/bulk", "/api/items/bulk/"),
        ("/api/items/events?ids=1", "/api/items/events/?ids=1"),
        ("/api/tasks/imports", "/api/tasks/imports/"),
        ("/api/auth/token", "/api/auth/token/"),
        ("/api/tasks", "/api/tasks/"),
    ],
)
def test_an_api_path_without_its_slash_is_redirected_with_its_query(
    target: str, location: str, gateway: HttpClient
) -> None:
    for method in ("GET", "POST"):
        reply = gateway.request(method, target)
        assert (reply.status, reply.header("Location")) == (308, location)


@pytest.mark.parametrize(
    "target",
    [
        "//elsewhere.example/api/items",
        "//elsewhere.example/../api/items",
        "//elsewhere.example/../api/items/bulk",
        "/\\x/api/items",
    ],
)
def test_no_redirect_leads_to_another_host(target: str, gateway: HttpClient) -> None:
    location = urlsplit(gateway.get(target).header("Location") or "/")
    assert (location.scheme, location.netloc) == ("", "")


@pytest.mark.parametrize("target", ["/nothing", "/api/nothing/", "/api/nothing.json", "/djangoX/livez", "/-/problem"])
def test_an_unknown_path_is_a_problem_of_the_gateway(target: str, gateway: HttpClient) -> None:
    reply = gateway.get(target)
    assert_problem(reply, 404, "not-found")
    assert reply.header("X-Served-By") == "gateway"


@pytest.mark.parametrize("prefix", PREFIXES.values())
@pytest.mark.parametrize(
    "path",
    ["/admin/", "/api/tasks/quotes/", "/api/auth/token/", "/api/openapi.json", "/static/admin/css/base.css", "/"],
)
def test_a_pinned_prefix_has_nothing_but_the_reads(prefix: str, path: str, gateway: HttpClient) -> None:
    assert_problem(gateway.get(prefix + path), 404, "not-found")


@pytest.mark.parametrize("prefix", PREFIXES.values())
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_pinned_prefix_only_reads(prefix: str, method: str, gateway: HttpClient) -> None:
    for path in ("/api/items/", "/api/items/1/", "/api/categories/"):
        assert_problem(gateway.request(method, prefix + path, body=b"{}"), 405, "method-not-allowed")


def test_a_body_that_is_too_large_is_refused_before_it_reaches_a_service(gateway: HttpClient) -> None:
    reply = gateway.request("POST", "/api/tasks/quotes/", {"Content-Type": "application/json"}, b" " * (2 * 2**20))
    assert_problem(reply, 413, "invalid-body", {"body"})
    assert reply.header("X-Served-By") == "gateway"


@pytest.mark.parametrize("target", ["/", "/api/items/", "/api/items/0/", "/nothing", "/livez", "/api/docs/"])
def test_every_response_has_the_security_headers(target: str, gateway: HttpClient) -> None:
    reply = gateway.get(target)
    assert reply.header("X-Content-Type-Options") == "nosniff"
    assert reply.header("X-Frame-Options") == "DENY"
    assert reply.header("Referrer-Policy") == "same-origin"
    policy = reply.header("Content-Security-Policy") or ""
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert re.search(r"script-src[^;]*'unsafe-inline'", policy) is None
    assert "nginx/" not in (reply.header("Server") or "")


def test_nothing_is_allowed_to_other_origins(gateway: HttpClient) -> None:
    reply = gateway.get("/api/items/?limit=1", {"Origin": "https://elsewhere.example"})
    assert not [name for name, _ in reply.headers if name.lower().startswith("access-control-")]


@pytest.mark.disruptive  # it uses up the allowance of all clients at this address
def test_a_flood_is_refused_whatever_it_says_of_its_origin(url: str, gateway: HttpClient) -> None:
    """Requests are pipelined: as fast as the gateway reads, beyond any allowance of a thousand a second."""
    address = urlsplit(url)
    requests = b"".join(
        b"GET /nothing HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.%d\r\nX-Real-IP: 203.0.113.%d\r\n\r\n"
        % (number % 250, number % 250)
        for number in range(900)
    )
    last = b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    def flood(_: int) -> bytes:
        with socket.create_connection((address.hostname or "", address.port or 80), timeout=30) as connection:
            connection.sendall(requests + last)
            with connection.makefile("rb") as answers:
                return answers.read()

    def is_refused() -> bytes:
        with concurrent.futures.ThreadPoolExecutor(8) as floods:
            return next((answers for answers in floods.map(flood, range(8)) if b"HTTP/1.1 429 " in answers), b"")

    answers = until(is_refused, what="a flood is answered 429")
    refused = answers[answers.index(b"HTTP/1.1 429 ") :]
    head, _, body = refused.partition(b"\r\n\r\n")
    assert b"Content-Type: application/problem+json" in head
    assert b"Retry-After: 1" in head
    assert body.startswith(b'{"type":"urn:triptych:problem:too-many-requests"')
    until(lambda: gateway.get("/api/items/?limit=1").status == 200, what="the client may ask again")


@pytest.mark.parametrize("prefix", ["", *PREFIXES.values()])
@pytest.mark.parametrize("check", ["livez", "readyz"])
def test_health_is_told_per_process(prefix: str, check: str, gateway: HttpClient) -> None:
    reply = gateway.get(f"{prefix}/{check}")
    assert (reply.status, reply.header("Content-Type")) == (200, "application/json")
    assert reply.json() == {"status": {"livez": "ok", "readyz": "ready"}[check]}
