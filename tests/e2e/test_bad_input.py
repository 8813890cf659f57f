"""Bad input gets a 4xx problem from every framework, and from the gateway on the public routes."""

import pytest

from tests.http_client import HttpClient
from tests.problems import assert_problem
from tests.ready import PREFIXES

BAD_QUERIES = [
    (b"limit=0", {"limit"}),
    (b"limit=201", {"limit"}),
    (b"limit=abc", {"limit"}),
    (b"limit=5.0", {"limit"}),
    (b"limit=%D9%A5", {"limit"}),  # ٥
    (b"limit=", {"limit"}),
    (b"cursor=garbage", {"cursor"}),
    (b"min_price=NaN", {"min_price"}),
    (b"max_price=-1", {"max_price"}),
    (b"min_price=2&max_price=1", {"min_price"}),
    (b"sort=price%20desc", {"sort"}),
    (b"category=K%C3%BCche", {"category"}),
    (b"q=", {"q"}),
    (b"q=a%00b", {"q"}),
    (b"q=%FF", {"q"}),
    (b"q=%", {"q"}),
    (b"page=2", {"page"}),
    (b"limit=5&limit=6", {"limit"}),
    (b"limit=0&sort=x&page=2", {"limit", "sort", "page"}),
]
MISSING = ["0", "01", "-1", "1.0", "abc", "9223372036854775807", "9223372036854775808", str(10**30), "%D9%A1", "1%20"]


@pytest.fixture(params=["gateway", *PREFIXES])
def client(request: pytest.FixtureRequest, gateway: HttpClient, frameworks: dict[str, HttpClient]) -> HttpClient:
    """The client of the public routes, then of each framework."""
    return gateway if request.param == "gateway" else frameworks[request.param]


@pytest.mark.parametrize(("query", "errors"), BAD_QUERIES, ids=lambda value: str(value))
def test_a_bad_query_is_refused_with_the_names_of_its_parameters(
    query: bytes, errors: set[str], client: HttpClient
) -> None:
    assert_problem(client.get(b"/api/items/?" + query), 400, "invalid-parameter", errors)


@pytest.mark.parametrize("id", MISSING)
def test_an_id_that_is_none_or_nobodys_is_not_found(id: str, client: HttpClient) -> None:
    assert_problem(client.get(f"/api/items/{id}/"), 404, "not-found")


@pytest.mark.parametrize("path", ["/api/categories/?limit=5", "/api/items/1/?q=a"])
def test_a_route_without_parameters_refuses_all(path: str, client: HttpClient) -> None:
    assert_problem(client.get(path), 400, "invalid-parameter", {path.partition("?")[2].partition("=")[0]})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "FOO"])
def test_a_wrong_method_is_refused_and_the_right_ones_are_named(method: str, client: HttpClient) -> None:
    reply = client.request(method, "/api/categories/")
    assert_problem(reply, 405, "method-not-allowed")
    assert reply.header("Allow") == "GET, HEAD"


@pytest.mark.parametrize("query", [b"q=\xff", b"q=\xc3\xa9", b"\x80=1", b"q=a\x01b", b"q=a\x7f", b"q=a\tb"])
def test_bytes_that_are_not_http_are_refused_by_the_gateway(query: bytes, client: HttpClient) -> None:
    reply = client.get(b"/api/items/?" + query)
    assert_problem(reply, 400, "invalid-parameter")
    assert reply.header("X-Served-By") == "gateway"


@pytest.mark.parametrize("length", [4000, 4500, 8000])
def test_a_long_query_reaches_the_framework_up_to_8_kb(length: int, client: HttpClient) -> None:
    assert_problem(client.get(f"/api/items/?q={'a' * length}"), 400, "invalid-parameter", {"q"})


@pytest.mark.parametrize("length", [8200, 2**20])
def test_a_longer_query_is_refused_by_the_gateway(length: int, client: HttpClient) -> None:
    reply = client.get(f"/api/items/?q={'a' * length}")
    assert_problem(reply, 414, "invalid-parameter")
    assert reply.header("X-Served-By") == "gateway"


def test_a_body_on_a_read_is_ignored_whatever_its_size(client: HttpClient) -> None:
    for size in (1, 70_000, 900_000):
        reply = client.request("GET", "/api/items/?limit=1", {"Content-Type": "application/json"}, b"{" * size)
        assert reply.status == 200, (size, str(reply))


def test_many_headers_do_no_harm(client: HttpClient) -> None:
    many = [(f"X-Header-{number}", "1") for number in range(500)]
    assert client.get("/api/items/?limit=1", many).status == 200


def test_headers_that_are_too_long_are_refused_by_the_gateway(client: HttpClient) -> None:
    assert_problem(client.get("/api/items/", {"X-Header": "a" * 9000}), 431, "invalid-parameter")
    assert_problem(client.get("/api/items/", [(f"X-{n}", "a" * 8000) for n in range(6)]), 431, "invalid-parameter")


def test_a_second_if_none_match_is_refused_by_the_gateway(client: HttpClient) -> None:
    reply = client.get("/api/items/", [("If-None-Match", '"a"')] * 2)
    assert_problem(reply, 400, "invalid-parameter")
    assert "commas" in reply.json()["detail"]
