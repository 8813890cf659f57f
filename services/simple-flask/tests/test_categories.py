"""The categories with their counts."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient


def counted(client: FlaskClient, slug: str) -> dict[str, Any]:
    """Return the category as the list has it."""
    (category,) = [category for category in client.get("/api/categories/").get_json() if category["slug"] == slug]
    return dict(category)


def test_a_category_is_counted(
    client: FlaskClient, new_category: Callable[..., str], new_item: Callable[..., int]
) -> None:
    empty, full = new_category("Ö"), new_category("Two")
    new_item(category=full), new_item(category=full)
    assert counted(client, empty) == {"slug": empty, "name": "Ö", "count": 0}
    assert counted(client, full) == {"slug": full, "name": "Two", "count": 2}


def test_categories_are_written_to_the_letter_in_the_order_of_their_slugs(
    client: FlaskClient, new_category: Callable[..., str]
) -> None:
    slugs = [new_category(), new_category("é")]
    response = client.get("/api/categories/")
    assert f'{{"slug":"{slugs[1]}","name":"é","count":0}}'.encode() in response.data
    listed = [category["slug"] for category in response.get_json()]
    assert listed == sorted(listed, key=str.encode)
    assert client.get("/api/categories/", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_counts_may_be_old_but_categories_are_not(
    make_app: Callable[..., Flask], new_category: Callable[..., str], new_item: Callable[..., int]
) -> None:
    client = make_app(CATEGORY_COUNTS_MAX_AGE_SECONDS=3600).test_client()
    slug = new_category()
    assert counted(client, slug)["count"] == 0
    new_item(category=slug)
    assert counted(client, slug)["count"] == 0
    assert counted(client, new_category())["count"] == 0
