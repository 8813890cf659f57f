"""Bad input: a 4xx problem that names everything that is wrong."""

from base64 import urlsafe_b64encode

import pytest
from tests.running import Answer, Service

from tests.conftest import MakeItem


def assert_problem(answer: Answer, kind: str, status: int) -> None:
    """Check the shape that every problem has."""
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-served-by"] == "api-fastapi"
    assert answer.headers["x-request-id"]
    problem = answer.json()
    assert (problem["type"], problem["status"]) == (f"urn:triptych:problem:{kind}", status)
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail"}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (b"limit=0", {"limit"}),
        (b"limit=201", {"limit"}),
        (b"limit=", {"limit"}),
        (b"limit", {"limit"}),
        (b"limit=abc", {"limit"}),
        (b"limit=5.0", {"limit"}),
        (b"limit=05", {"limit"}),
        (b"limit=%2B5", {"limit"}),
        (b"limit=+5", {"limit"}),
        (b"limit=1e2", {"limit"}),
        (b"limit=1_0", {"limit"}),
        (b"limit=%D9%A5", {"limit"}),
        (b"limit=5&limit=5", {"limit"}),
        (b"min_price=NaN", {"min_price"}),
        (b"min_price=-1", {"min_price"}),
        (b"min_price=1.", {"min_price"}),
        (b"min_price=1.234", {"min_price"}),
        (b"max_price=123456789", {"max_price"}),
        (b"max_price=%D9%A1", {"max_price"}),
        (b"max_price=1%0A", {"max_price"}),
        (b"min_price=2&max_price=1.99", {"min_price"}),
        (b"min_price=2&max_price=1&limit=0", {"min_price", "limit"}),
        (b"min_price=2&max_price=9&max_price=1", {"max_price"}),
        (b"min_price=2&max_price=1&max_price=9", {"max_price"}),
        (b"min_price=2&max_price=x", {"max_price"}),
        (b"category=", {"category"}),
        (b"category=Tea", {"category"}),
        (b"category=tea%0A", {"category"}),
        (b"category=" + b"a" * 65, {"category"}),
        (b"q=", {"q"}),
        (b"q=++%E2%80%83", {"q"}),
        (b"q=" + b"a" * 201, {"q"}),
        (b"q=a%00", {"q"}),
        (b"q=%7F", {"q"}),
        (b"q=%C2%85", {"q"}),
        (b"q=%FF", {"q"}),
        (b"q=%ED%A0%80", {"q"}),
        (b"q=%", {"q"}),
        (b"q=%zz", {"q"}),
        (b"q=\xc3\xa9", {"q"}),
        (b"sort=", {"sort"}),
        (b"sort=ID", {"sort"}),
        (b"sort=+id", {"sort"}),
        (b"sort=--id", {"sort"}),
        (b"page=2", {"page"}),
        (b"=", {""}),
        (b"%FF=1", {"\N{REPLACEMENT CHARACTER}"}),
        (b"\xff=1", {"\N{REPLACEMENT CHARACTER}"}),
        (b"li%6Dit=0", {"limit"}),
        (b"q%00=a", {"q\0"}),
        (b"Limit=5&x&x&limit=0&q=%FF&cursor=!", {"Limit", "x", "limit", "q"}),
        (b"cursor=", {"cursor"}),
        (b"cursor=garbage", {"cursor"}),
        (b"cursor=WzEsImlkIiwiZTNiMGM0NDI5OGZjMWMxNCIsMiwyXQ==", {"cursor"}),
        (b"cursor=" + urlsafe_b64encode(b"[" * 700).rstrip(b"="), {"cursor"}),
        (b"cursor=" + b"A" * 1025, {"cursor"}),
    ],
)
def test_every_bad_parameter_is_named(service: Service, query: bytes, names: set[str]) -> None:
    answer = service.ask(b"/api/items/?" + query)
    assert_problem(answer, "invalid-parameter", 400)
    errors = answer.json()["errors"]
    assert set(errors) == names
    assert all(messages and all(isinstance(message, str) for message in messages) for messages in errors.values())


@pytest.mark.parametrize("query", ["q=%20a%20", "q=" + "%20" * 300 + "a" * 200, "limit=200&&", "", "&", "min_price=00"])
def test_odd_but_good_input_is_taken(service: Service, query: str) -> None:
    assert service.ask(f"/api/items/?{query}").status == 200


@pytest.mark.parametrize("change", ["sort=-id", "min_price=1", "q=thing"])
def test_a_cursor_of_another_sort_or_filter_is_refused(
    service: Service, make_item: MakeItem, category: str, change: str
) -> None:
    make_item()
    make_item()
    link = service.ask(f"/api/items/?category={category}&limit=1").headers["link"]
    answer = service.ask("/api/items/" + link[1:].partition(">")[0] + "&" + change)
    assert_problem(answer, "invalid-parameter", 400)
    assert set(answer.json()["errors"]) == {"cursor"}


def test_routes_without_parameters_refuse_all(service: Service, make_item: MakeItem) -> None:
    for path in (f"/api/items/{make_item()}/", "/api/categories/", f"/api/items/{2**63 - 1}/"):
        answer = service.ask(path + "?limit=5&x")
        assert_problem(answer, "invalid-parameter", 400)
        assert set(answer.json()["errors"]) == {"limit", "x"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize(
    "path", ["/api/items/?x", "/api/items/1/", f"/api/items/{2**63}/", "/api/categories/", "/livez"]
)
def test_other_methods_are_not_allowed(service: Service, method: str, path: str) -> None:
    answer = service.ask(path, method)
    assert_problem(answer, "method-not-allowed", 405)
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/items",
        "/api/items/%0A",
        "/api/items/1",
        "/api/items/0/?x",
        "/api/categories",
        "/docs",
        "/readyz/",
        "/api/items/10000000000000000000/",
        "/api/items/%FF/",
    ],
)
def test_unknown_paths_are_404_whatever_the_method(service: Service, method: str, path: str) -> None:
    assert_problem(service.ask(path, method), "not-found", 404)


def test_head_of_a_refusal_has_no_body(service: Service) -> None:
    answer = service.ask("/api/items/?limit=0", "HEAD")
    assert (answer.status, answer.body) == (400, b"")
    assert int(answer.headers["content-length"]) > 0
