"""Every error is a problem response, and every response says who answered which request."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

READS = ["/api/items/", "/api/items/1/", "/api/categories/", "/api/tasks/exports/items.csv"]


@pytest.mark.parametrize(
    "path",
    [
        *["/", "/api/", "/api/items", "/api/items/1", "/api/categories", "/api/tasks/quotes", "/nothing/"],
        *["/api/items/0/", "/api/items/01/", "/api/items/-1/", "/api/items/+1/", "/api/items/1.0/", "/api/items/x/"],
        *["/api/items/%D9%A1/", "/api/items/1%0A/", "/api/items/%201/", f"/api/items/{10**30}/"],
        *["/api/items/9223372036854775808/", "/api//items/", "/static/x", "/api/tasks/exports/items.csv/"],
    ],
)
def test_an_unknown_address_is_not_found(client: FlaskClient, assert_problem: Any, path: str) -> None:
    assert_problem(client.get(path), 404, "not-found")


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_a_read_route_takes_get_and_head_only(client: FlaskClient, assert_problem: Any, path: str, method: str) -> None:
    response = client.open(path + "?unknown=1", method=method)
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["Allow"] == "GET, HEAD"


def test_the_form_of_an_id_is_judged_before_the_method_and_its_size_after(
    client: FlaskClient, assert_problem: Any
) -> None:
    assert_problem(client.post(f"/api/items/{10**19}/"), 404, "not-found")
    assert_problem(client.post("/api/items/9999999999999999999/"), 405, "method-not-allowed")


@pytest.mark.parametrize("path", READS[:3])
def test_head_is_get_without_the_body(client: FlaskClient, path: str) -> None:
    get, head = client.get(path), client.head(path)
    assert head.data == b""
    assert head.status_code == get.status_code
    ids = {"X-Request-Id"}
    assert [h for h in head.headers if h[0] not in ids] == [h for h in get.headers if h[0] not in ids]


def test_an_unexpected_error_is_internal_and_shows_nothing(app: Flask, assert_problem: Any) -> None:
    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("the secret")

    response = app.test_client().get("/broken")
    assert_problem(response, 500, "internal")
    assert b"secret" not in response.data


def test_the_request_id_is_echoed_when_well_formed(client: FlaskClient) -> None:
    assert client.get("/livez", headers={"X-Request-Id": "a.B-1_"}).headers["X-Request-Id"] == "a.B-1_"
    assert client.get("/livez", headers={"X-Request-Id": "a b"}).headers["X-Request-Id"] != "a b"
    assert client.get("/livez").headers["X-Served-By"] == "simple-flask"
