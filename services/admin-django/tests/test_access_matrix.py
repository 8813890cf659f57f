"""Who may do what: every route × method × identity, equal to `access_matrix.txt`.

A route that is added appears in the table by itself, and the test asks for its line.
"""

from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from tests.access import METHODS, routes, table
from tests.identities import IDENTITIES, headers_of, make_user

GOLDEN = Path(__file__).with_name("access_matrix.txt")
ADMIN = "/admin/"

pytestmark = pytest.mark.django_db


def test_every_route_answers_every_identity_as_the_golden_table_says() -> None:
    generated = table(sorted(route for route in routes() if not route.startswith(ADMIN)))
    assert generated == GOLDEN.read_text(), f"generated from the code:\n{generated}"


def test_no_answer_of_the_table_is_an_accident() -> None:
    rows = [line.split() for line in GOLDEN.read_text().splitlines()[1:]]
    for method, route, *statuses in rows:
        none, expired, forged, viewer, editor, manager = map(int, statuses)
        assert max(none, expired, forged, viewer, editor, manager) < 500
        assert none == expired == forged, (method, route)
        if none == 401:
            assert viewer == 403 and editor == manager < 300, (method, route)
        else:
            assert none == viewer == editor == manager, (method, route)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_no_token_opens_the_admin(client: Client, identity: str) -> None:
    headers = headers_of(identity)
    for route in routes():
        if route.startswith(ADMIN) and not any(mark in route for mark in "<(") and route != "/admin/login/":
            for method in METHODS:
                response = client.generic(method, route, headers=headers)
                assert response.status_code in (302, 403, 405), (method, route)
                if response.status_code == 302:
                    assert response.headers["Location"].startswith("/admin/"), (method, route)


def permissions_of(group: str) -> set[str]:
    return make_user(group).get_all_permissions()


def test_the_groups_have_their_permissions() -> None:
    viewer = {"catalog.view_item", "catalog.view_category", "catalog.view_itemhistory"}
    editor = viewer | {"catalog.add_item", "catalog.change_item", "catalog.delete_item"}
    categories = {"catalog.add_category", "catalog.change_category", "catalog.delete_category"}
    assert permissions_of("viewer") == viewer
    assert permissions_of("editor") == editor
    assert permissions_of("manager") == editor | categories | {"auth.view_user"}


def test_the_permissions_are_the_ones_that_django_makes_and_none_is_there_twice() -> None:
    """The migration makes them before Django would; a name of its own would leave two."""
    made = Permission.objects.filter(content_type__app_label="catalog", content_type__model="itemhistory")
    assert {(each.codename, each.name) for each in made} == {
        (f"{action}_itemhistory", f"Can {action} item history") for action in ("add", "change", "delete", "view")
    }
    user = Permission.objects.get(codename="view_user")
    assert user.name == "Can view user"
