"""The back office is reached through the gateway, and looks like one."""

import re

import pytest

from tests.http_client import HttpClient
from tests.problems import assert_problem


def test_the_login_page_comes_with_its_stylesheet(gateway: HttpClient) -> None:
    """Ask for the page and for what it refers to: a page whose static files are missing is a 500, or bare."""
    page = gateway.get("/admin/login/")
    assert page.status == 200
    assert page.header("X-Served-By") == "admin-django"
    sheets = re.findall(r'href="(/static/[^"]+\.css)"', page.body.decode())
    assert sheets
    for sheet in sheets:
        found = gateway.get(sheet)
        assert (found.status, found.header("Content-Type")) == (200, 'text/css; charset="utf-8"')


def test_the_admin_sends_a_stranger_to_the_login_page(gateway: HttpClient) -> None:
    """Also from the address without its slash."""
    assert gateway.get("/admin").header("Location") == "/admin/"
    answer = gateway.get("/admin/")
    assert (answer.status, answer.header("Location")) == (302, "/admin/login/?next=/admin/")


def test_static_files_are_compressed_and_kept_for_good(gateway: HttpClient) -> None:
    """Their names change with their content, so a browser need never ask again."""
    page = gateway.get("/admin/login/").body.decode()
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    assert files
    for file in files:
        assert re.search(r"\.[0-9a-f]{12}\.(css|js)$", file), file
        reply = gateway.get(file, {"Accept-Encoding": "gzip"})
        assert reply.header("Cache-Control") == "max-age=315360000, public, immutable", file
        assert (reply.header("Content-Encoding"), reply.header("Vary")) == ("gzip", "Accept-Encoding"), file
        assert gateway.get(file).header("Content-Encoding") is None


def test_an_error_below_the_admin_is_a_page_with_a_title_and_the_requests_id(gateway: HttpClient) -> None:
    reply = gateway.get("/admin/no-such-page/", {"Cookie": ""})
    assert reply.status == 302  # whether there is such a page is told to those who may come in
    refused = gateway.request("POST", "/admin/login/", {"Content-Type": "application/x-www-form-urlencoded"}, b"a=b")
    assert refused.status == 403
    body = refused.body.decode()
    assert "<h1>This form is too old</h1>" in body and str(refused.header("X-Request-Id")) in body
    assert "/static/back_office/style" in body


@pytest.mark.parametrize("path", ["/nothing-here", "/admin.php", "/live.css"])
def test_who_asks_for_a_page_that_is_not_there_gets_one(gateway: HttpClient, path: str) -> None:
    reply = gateway.get(path, {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (reply.status, reply.header("Content-Type")) == (404, "text/html; charset=utf-8")
    body = reply.body.decode()
    assert "<h1>There is nothing here</h1>" in body and f"Request {reply.header('X-Request-Id')}" in body
    assert_problem(gateway.get(path), 404, "not-found")
    assert_problem(gateway.get(path, {"Accept": "application/json"}), 404, "not-found")


@pytest.mark.parametrize("path", ["/api/nothing/", "/flask/api/nothing/", "/api/items/x/"])
def test_the_api_answers_browsers_as_it_answers_everybody(gateway: HttpClient, path: str) -> None:
    assert_problem(gateway.get(path, {"Accept": "text/html"}), 404, "not-found")
