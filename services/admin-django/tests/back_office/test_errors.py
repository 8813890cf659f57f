"""Errors that people see are pages; those of programs stay problems."""

import json
from collections.abc import Callable

import pytest
from catalog.problems import DatabaseAway, bad_request, server_error
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory

from tests.back_office.person import ITEMS, Person, member
from tests.make import assert_problem, unique

pytestmark = pytest.mark.django_db


def test_a_page_that_is_not_there_looks_like_the_others(boss: Person) -> None:
    response = boss.client.get(f"/admin/{unique('nothing')}/")
    assert response.status_code == 404
    page = response.content.decode()
    assert "<h1>There is nothing here</h1>" in page and "back_office/style" in page


def test_what_a_user_may_not_do_is_said_on_a_page() -> None:
    response = member("viewer").client.get(f"{ITEMS}add/")
    assert response.status_code == 403 and "<h1>You may not do this</h1>" in response.content.decode()


def test_a_form_that_is_not_ours_is_refused_on_a_page() -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x"})
    assert response.status_code == 403 and "<h1>This form is too old</h1>" in response.content.decode()


@pytest.mark.parametrize("path", ["/admin/", "/api/items/"])
def test_a_database_that_is_away_is_told_to_people_and_programs(path: str) -> None:
    away = DatabaseAway(lambda request: HttpResponse())
    response = away.process_exception(
        RequestFactory().get(path, headers={"Accept": "text/html,*/*"}), OperationalError("the connection is closed")
    )
    assert response
    if path.startswith("/api/"):
        assert json.loads(response.content)["type"] == "urn:triptych:problem:unavailable"
    else:
        assert "<h1>Not available at the moment</h1>" in response.content.decode()
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


@pytest.mark.parametrize(("handler", "status"), [(bad_request, 400), (server_error, 500)])
def test_an_error_outside_of_any_view_is_a_page_too(handler: Callable[..., HttpResponse], status: int) -> None:
    arguments = [ValueError("inside")] if status == 400 else []
    response = handler(RequestFactory().get("/admin/"), *arguments)
    page = response.content.decode()
    assert response.status_code == status and "back_office/style" in page and "inside" not in page


def test_programs_are_told_by_a_problem(client: Client) -> None:
    assert_problem(client.get("/api/nothing/"), 404, "not-found")
