"""One item, and conditional requests."""

from typing import Any

import psycopg
import pytest
from api_fastapi.routes.schemas import Item
from tests.running import Service

from tests.conftest import MakeItem


def test_an_item_is_tagged_with_its_version(
    service: Service, make_item: MakeItem, writer: psycopg.Connection[Any]
) -> None:
    item = make_item(sku=None)
    answer = service.ask(f"/api/items/{item}/")
    version = Item.model_validate_json(answer.body).version
    assert answer.headers["etag"] == f'"{version}"'
    writer.execute("UPDATE items SET price = 2 WHERE id = %s", [item])
    assert int(service.ask(f"/api/items/{item}/").headers["etag"].strip('"')) > version


@pytest.mark.parametrize(
    "path",
    [
        "9223372036854775807/",
        "9223372036854775808/",
        "9999999999999999999/",
        "10000000000000000000/",
        "0/",
        "01/",
        "+1/",
        "-1/",
        "1",
        "1.0/",
        "%D9%A1/",
        "1/%0A",
        "1//",
        "x/",
        "1%20/",
        "%2B1/",
    ],
)
def test_what_is_no_item_is_404(service: Service, path: str) -> None:
    answer = service.ask(f"/api/items/{path}")
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["type"] == "urn:triptych:problem:not-found"


@pytest.mark.parametrize("target", ["/api/items/{}/", "/api/items/?q=conditional&category={}", "/api/categories/"])
def test_a_client_that_has_it_gets_304(service: Service, make_item: MakeItem, category: str, target: str) -> None:
    item = make_item("conditional")
    make_item("conditional")
    if "?" in target:
        target = target.format(category) + "&limit=1"
    target = target.format(item)
    get = service.ask(target)
    for method in ("GET", "HEAD"):
        answer = service.ask(target, method, [("If-None-Match", '"x"'), ("If-None-Match", f"W/{get.headers['etag']}")])
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["content-type"] is None
        for name in ("etag", "cache-control", "link"):
            assert answer.headers[name] == get.headers[name]


def test_another_tag_gets_the_item(service: Service, make_item: MakeItem) -> None:
    item = make_item()
    etag = service.ask(f"/api/items/{item}/").headers["etag"]
    for header in ('"0"', etag.strip('"'), f"{etag} {etag}", "", "*, *", f'{etag}, "'):
        assert service.ask(f"/api/items/{item}/", headers=[("If-None-Match", header)]).status == 200, header


def test_a_missing_item_is_missing_whatever_the_client_has(service: Service) -> None:
    assert service.ask(f"/api/items/{2**63 - 1}/", headers=[("If-None-Match", "*")]).status == 404
