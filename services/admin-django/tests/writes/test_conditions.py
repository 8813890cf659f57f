"""If-Match: a write that rests on a version that is gone does nothing."""

import pytest
from catalog.models import Item
from django.test import Client

from tests.make import assert_problem, make_item

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.mark.parametrize("form", ['"{}"', 'W/"{}"', '"other", "{}"', ',, W/"x" ,"{}",', "*", " * "])
@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_the_tag_of_the_item_lets_the_write_through(editor: Client, form: str, method: str) -> None:
    item = make_item()
    body, headers = {"name": "b", "price": "2.00"}, {"If-Match": form.format(item.version)}
    response = getattr(editor, method)(f"/api/items/{item.id}/", body, JSON, headers=headers)
    assert response.status_code == (204 if method == "delete" else 200)


@pytest.mark.parametrize("form", ['"0"', "{}", '"{}', '"x{}"', '""', "", '"1" "{}"', '* , "{}"'])
@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_any_other_tag_keeps_the_item_as_it_is(editor: Client, form: str, method: str) -> None:
    item = make_item()
    body, headers = {"name": "b", "price": "2.00"}, {"If-Match": form.format(item.version)}
    response = getattr(editor, method)(f"/api/items/{item.id}/", body, JSON, headers=headers)
    assert_problem(response, 412, "precondition-failed")
    assert response.headers["ETag"] == f'"{item.version}"'
    assert Item.objects.get(id=item.id).version == item.version


def test_the_second_of_two_writes_with_one_tag_loses(editor: Client) -> None:
    item = make_item()
    headers = {"If-Match": f'"{item.version}"'}
    path = f"/api/items/{item.id}/"
    assert editor.patch(path, {"price": "2.00"}, JSON, headers=headers).status_code == 200
    assert_problem(editor.patch(path, {"price": "3.00"}, JSON, headers=headers), 412, "precondition-failed")
    assert editor.get(path).json()["price"] == "2.00"


def test_a_condition_on_what_is_not_there_is_not_found(editor: Client) -> None:
    headers = {"If-Match": "*"}
    assert_problem(editor.delete(f"/api/items/{2**63 - 1}/", headers=headers), 404, "not-found")


def test_the_body_is_judged_before_the_condition(editor: Client) -> None:
    response = editor.patch(f"/api/items/{make_item().id}/", {"price": 1}, JSON, headers={"If-Match": '"0"'})
    assert_problem(response, 400, "invalid-body", {"price"})
