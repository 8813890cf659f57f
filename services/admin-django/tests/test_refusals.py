"""What is wrong with a request is said as a problem that names all of it."""

import os
from urllib.parse import quote

import httpx
import psycopg
import pytest
from catalog.reads.cursors import digest, encode
from catalog.reads.views import ItemList
from django.db import connection
from django.test import Client

from tests.make import assert_problem

ROUTES = ["/api/items/", "/api/items/1/", "/api/categories/"]


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("limit=0", {"limit"}),
        ("limit=201", {"limit"}),
        ("limit=1000", {"limit"}),
        ("limit=abc", {"limit"}),
        ("limit=05", {"limit"}),
        ("limit=%2B5", {"limit"}),
        ("limit=5.0", {"limit"}),
        ("limit=%205", {"limit"}),
        ("limit=%D9%A5", {"limit"}),
        ("limit=", {"limit"}),
        ("limit=1&limit=1", {"limit"}),
        ("min_price=NaN", {"min_price"}),
        ("min_price=-1", {"min_price"}),
        ("min_price=1.234", {"min_price"}),
        ("min_price=123456789", {"min_price"}),
        ("max_price=1e3", {"max_price"}),
        ("max_price=.5", {"max_price"}),
        ("max_price=5.", {"max_price"}),
        ("max_price=%D9%A5", {"max_price"}),
        ("min_price=2&max_price=1.99", {"min_price"}),
        ("min_price=2&max_price=1&limit=0", {"min_price", "limit"}),
        ("min_price=2&max_price=x", {"max_price"}),
        ("category=", {"category"}),
        ("category=Upper", {"category"}),
        ("category=" + "a" * 65, {"category"}),
        ("q=", {"q"}),
        ("q=%20%E3%80%80", {"q"}),
        ("q=" + "a" * 201, {"q"}),
        ("q=%00", {"q"}),
        ("q=%FF", {"q"}),
        ("q=%C2%9F", {"q"}),
        ("sort=", {"sort"}),
        ("sort=sku", {"sort"}),
        ("sort=%20id", {"sort"}),
        ("sort=--id", {"sort"}),
        ("cursor=", {"cursor"}),
        ("cursor=garbage", {"cursor"}),
        ("cursor=" + "A" * 1025, {"cursor"}),
        ("cursor=garbage&limit=0", {"limit"}),
        ("cursor=a&cursor=b&limit=0", {"cursor", "limit"}),
        ("format=json", {"format"}),
        ("Limit=5", {"Limit"}),
        (
            "limit=0&q=&sort=x&category=_&min_price=x&max_price=x&foo",
            {"limit", "q", "sort", "category", "min_price", "max_price", "foo"},
        ),
    ],
)
def test_wrong_parameters_are_all_named(client: Client, query: str, errors: set[str]) -> None:
    assert_problem(client.get(f"/api/items/?{query}"), 400, "invalid-parameter", errors)


def test_raw_bytes_in_the_query_are_refused(client: Client) -> None:
    response = client.generic("GET", "/api/items/", QUERY_STRING="q=\xe4")
    assert_problem(response, 400, "invalid-parameter", {"q"})


@pytest.mark.django_db
@pytest.mark.parametrize("q", ["a" * 200, quote("😀" * 200), "%20" + "a" * 200 + "%20"])
def test_q_of_200_characters_after_trimming_is_taken(client: Client, q: str) -> None:
    assert client.get(f"/api/items/?q={q}").status_code == 200


def test_a_cursor_of_another_sort_or_filter_is_refused(client: Client) -> None:
    cursor = encode("name", digest({"q": "a"}), "a", 1)
    assert_problem(client.get(f"/api/items/?q=a&cursor={cursor}"), 400, "invalid-parameter", {"cursor"})
    assert_problem(client.get(f"/api/items/?q=b&sort=name&cursor={cursor}"), 400, "invalid-parameter", {"cursor"})


@pytest.mark.parametrize("route", ["/api/categories/", "/api/categories/?limit=0&x=1"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_not_allowed_whatever_the_parameters(client: Client, route: str, method: str) -> None:
    response = client.generic(method, route)
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("route", ["/api/items/?limit=0&x=1", "/api/items/1/?x=1"])
@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "BREW"])
def test_a_method_of_no_route_is_not_allowed_whatever_the_parameters(client: Client, route: str, method: str) -> None:
    assert_problem(client.generic(method, route), 405, "method-not-allowed")


@pytest.mark.parametrize(
    "path", ["/", "/api/", "/api/items", "/api/nothing/", "/api/items/1/2/", "/django/", "/favicon.ico"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_not_found(client: Client, path: str, method: str) -> None:
    assert_problem(client.generic(method, path), 404, "not-found")


def test_a_host_that_is_not_served_is_refused_without_a_trace(client: Client) -> None:
    answer = client.get("/api/items/", headers={"Host": "evil.example"})
    assert_problem(answer, 400, "invalid-parameter")
    assert "DJANGO_ALLOWED_HOSTS" in answer.json()["detail"]
    page = client.get("/admin/", headers={"Host": "evil.example"})
    assert page.status_code == 400 and page["Content-Type"].startswith("text/html")
    text = page.content.decode()
    assert "<h1>" in text and "DJANGO_ALLOWED_HOSTS" in text
    assert "evil.example" not in text and "testserver" not in text


def test_a_form_from_an_origin_that_is_not_trusted_names_the_variable() -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.post("/admin/login/", {"username": "x"}, headers={"Origin": "https://evil.example"})
    assert page.status_code == 403
    assert "DJANGO_CSRF_TRUSTED_ORIGINS" in page.content.decode() and "evil.example" not in page.content.decode()
    assert "DJANGO_CSRF" not in client.post("/admin/login/", {"username": "x"}).content.decode()


@pytest.mark.parametrize("route", [*ROUTES, "/readyz", "/admin/login/"])
def test_without_the_database_the_answer_is_503(
    served: httpx.Client, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")  # nobody listens there
    connection.close()
    if route == "/admin/login/":
        served.cookies.set("sessionid", "some-session")
    response = served.get(route)
    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Retry-After"] == "1"
    assert response.json()["type"] == "urn:triptych:problem:unavailable"
    assert "127.0.0.1" not in response.text


def test_the_first_request_after_the_connection_broke_is_answered(served: httpx.Client) -> None:
    assert served.get("/api/items/?limit=1").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with psycopg.connect(os.environ["TRIPTYCH_SUPERUSER_DATABASE_URL"], autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert served.get("/api/items/?limit=1").status_code == 200


def test_an_unexpected_error_is_told_without_its_trace(
    served: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ItemList, "queryset", "not a queryset")
    response = served.get("/api/items/")
    assert response.status_code == 500
    assert response.json()["type"] == "urn:triptych:problem:internal"
    assert "Traceback" not in response.text and "queryset" not in response.text
    assert any(record.exc_info for record in caplog.records)


def test_the_request_id_and_the_service_are_on_every_response(served: httpx.Client) -> None:
    for path in ("/livez", "/api/items/?limit=0", "/nothing"):
        response = served.get(path, headers={"X-Request-Id": "abc-1.2_3"})
        assert response.headers["X-Request-Id"] == "abc-1.2_3"
        assert response.headers["X-Served-By"] == "admin-django"


def test_head_of_a_problem_has_its_length_and_no_body(served: httpx.Client) -> None:
    """Asked of the WSGI application: Django's own test client would cut the body off."""
    get, head = served.get("/api/items/?limit=0"), served.head("/api/items/?limit=0")
    assert (head.status_code, head.content) == (400, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == str(len(get.content))
