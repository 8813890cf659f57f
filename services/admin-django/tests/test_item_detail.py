import pytest
from catalog.models import Item
from django.test import Client

from tests.make import assert_problem, make_category, make_item

pytestmark = pytest.mark.django_db


def test_an_item_is_the_same_object_as_in_the_list(client: Client) -> None:
    item = make_item(category=make_category(), sku="D-1")
    (listed,) = client.get(f"/api/items/?category={item.category_id}").json()
    assert client.get(f"/api/items/{item.id}/").json() == listed


def test_the_etag_is_the_version_and_changes_with_it(client: Client) -> None:
    item = make_item()
    path = f"/api/items/{item.id}/"
    etag = client.get(path).headers["ETag"]
    assert etag == f'"{item.version}"'
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    Item.objects.filter(id=item.id).update(price=2)
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    "id",
    [
        "0",
        "-1",
        "01",
        "+1",
        "1.0",
        "٥",
        "abc",
        "%20",
        "1%0A",
        "1e3",
        "9" * 30,
        "9223372036854775808",
        "9223372036854775807",
    ],
)
def test_an_id_that_no_item_can_have_or_has_is_not_found(client: Client, id: str) -> None:
    assert_problem(client.get(f"/api/items/{id}/"), 404, "not-found")


def test_without_the_slash_there_is_nothing(client: Client) -> None:
    assert_problem(client.get(f"/api/items/{make_item().id}"), 404, "not-found")


@pytest.mark.parametrize("query", ["x=1", "limit=1", "format=json", "=", "%FF"])
def test_an_item_takes_no_parameters(client: Client, query: str) -> None:
    response = client.get(f"/api/items/{make_item().id}/?{query}")
    name = "\ufffd" if query == "%FF" else query.partition("=")[0]
    assert_problem(response, 400, "invalid-parameter", {name})


def test_parameters_are_judged_before_whether_the_item_is_there(client: Client) -> None:
    assert_problem(client.get("/api/items/9223372036854775807/?x=1"), 400, "invalid-parameter", {"x"})
    assert_problem(client.get("/api/items/9223372036854775808/?x=1"), 404, "not-found")
