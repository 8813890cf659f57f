import pytest
from django.test import Client

from tests.make import assert_problem, make_category, make_item

pytestmark = pytest.mark.django_db


def test_categories_come_by_slug_with_the_number_of_their_items(client: Client) -> None:
    full, empty = make_category("Büro & mehr"), make_category("Empty")
    for _ in range(2):
        make_item(category=full)
    response = client.get("/api/categories/")
    rows = {row["slug"]: row for row in response.json()}
    assert rows[full.slug] == {"slug": full.slug, "name": "Büro & mehr", "count": 2}
    assert rows[empty.slug] == {"slug": empty.slug, "name": "Empty", "count": 0}
    assert list(rows) == sorted(rows)
    assert f'{{"slug":"{full.slug}","name":"Büro & mehr","count":2}}'.encode() in response.content


def test_categories_are_conditional(client: Client) -> None:
    etag = client.get("/api/categories/").headers["ETag"]
    assert client.get("/api/categories/", headers={"If-None-Match": etag}).status_code == 304
    make_category()
    assert client.get("/api/categories/", headers={"If-None-Match": etag}).status_code == 200


def test_categories_take_no_parameters(client: Client) -> None:
    assert_problem(client.get("/api/categories/?limit=1"), 400, "invalid-parameter", {"limit"})
