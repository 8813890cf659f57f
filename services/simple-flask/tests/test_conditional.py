"""If-None-Match, as RFC 9110 has it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient


@pytest.fixture
def path(new_item: Callable[..., int]) -> str:
    return f"/api/items/{new_item()}/"


@pytest.mark.parametrize(
    "form",
    ["*", " * ", "{tag}", "W/{tag}", '"a", {tag}', '"a",W/{tag}', ', ,{tag} ,"b",', '"a,b" , {tag}', '"",\t{tag}'],
)
def test_a_tag_that_the_client_has_is_not_modified(client: FlaskClient, path: str, form: str) -> None:
    whole = client.get(path)
    header = form.format(tag=whole.headers["ETag"])
    for answer in (
        client.get(path, headers={"If-None-Match": header}),
        client.head(path, headers={"If-None-Match": header}),
    ):
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == whole.headers["ETag"]
        assert answer.headers["Cache-Control"] == whole.headers["Cache-Control"]
        assert "Content-Type" not in answer.headers


@pytest.mark.parametrize(
    "form",
    [
        *['"another"', "", ",", "{unquoted}", "w/{tag}", "W/ {tag}", '{tag} "b"', "{tag}, b", "*, {tag}", "{tag}, *"],
        *['{tag}, "', "'{unquoted}'", '"a b", {tag}'],
    ],
)
def test_another_tag_or_a_malformed_header_gets_the_whole(client: FlaskClient, path: str, form: str) -> None:
    tag = client.get(path).headers["ETag"]
    header = form.format(tag=tag, unquoted=tag.strip('"'))
    assert client.get(path, headers={"If-None-Match": header}).status_code == 200


def test_a_page_that_is_not_modified_still_links_to_the_next(
    client: FlaskClient, new_item: Callable[..., int], unique: Callable[[], str]
) -> None:
    word = unique()
    new_item(name=word), new_item(name=word)
    page = client.get(f"/api/items/?q={word}&limit=1")
    answer = client.get(f"/api/items/?q={word}&limit=1", headers={"If-None-Match": page.headers["ETag"]})
    assert answer.status_code == 304
    assert answer.headers["Link"] == page.headers["Link"]


def test_a_missing_item_is_not_found_whatever_the_client_has(client: FlaskClient) -> None:
    assert client.get(f"/api/items/{2**63 - 1}/", headers={"If-None-Match": "*"}).status_code == 404
