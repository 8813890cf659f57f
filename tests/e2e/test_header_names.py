"""Whoever answers spells the names of headers alike: some clients mind, and after a fail-over another answers."""

from typing import Any

import psycopg
import pytest

from tests.contract.document import contract
from tests.http_client import HttpClient, Reply
from tests.ready import PREFIXES

ODDLY_SPELLED = {"etag": "ETag", "www-authenticate": "WWW-Authenticate"}
PAGES = ["/", "/style.css", "/api/docs/", "/api/openapi.json", "/nothing", "/admin/", "/admin/login/"]
READS = ["/api/items/?limit=1", "/api/items/{id}/", "/api/categories/", "/livez", "/readyz"]
# What all frameworks send where one does.
OF_THE_CONTRACT = {"Content-Type", "ETag", "Link", "Cache-Control", "Vary", "Allow", "X-Request-Id", "X-Served-By"}
CONDITIONS: list[dict[str, str]] = [{}, {"If-None-Match": "*"}, {"Cache-Control": "no-cache"}]


@pytest.fixture(scope="module")
def item(database: psycopg.Connection) -> int:
    insert = "INSERT INTO items (name, description, price) VALUES ('Spelled', '', 1), ('Spelled', '', 1) RETURNING id"
    row = database.execute(insert).fetchone()
    assert row is not None
    return int(row[0])


def misspelled(reply: Reply) -> list[str]:
    names = [name for name, _ in reply.headers]
    return [name for name in names if name != ODDLY_SPELLED.get(name.lower(), name.title())]


def requests() -> list[tuple[str, str]]:
    """Return every method and path that there is, and some that there are not."""
    document: dict[str, Any] = contract()
    methods = {path: {"get", "head", "post", "options"} | set(those) for path, those in document["paths"].items()}
    methods["/api/items/events/"] -= {"get"}  # has no end
    every = [(method.upper(), path) for path, those in methods.items() for method in those if method.isalpha()]
    return every + [(method, page) for page in PAGES for method in ("GET", "HEAD", "POST")]


def test_every_route_spells_the_names_of_headers_as_the_standard_does(gateway: HttpClient, item: int) -> None:
    for method, path in requests():
        for condition in CONDITIONS if method in ("GET", "HEAD") else [{}]:
            reply = gateway.request(method, path.replace("{id}", str(item)), condition)
            assert misspelled(reply) == [], f"{method} {path}\n{reply}"


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("read", [*READS, "/api/items/?limit=0", "/api/items/0/", "/api/items/?limit=1&category=none"])
def test_the_frameworks_send_the_same_headers_of_the_contract(
    read: str, method: str, condition: dict[str, str], frameworks: dict[str, HttpClient], item: int
) -> None:
    seen = {}
    for service in PREFIXES:
        reply = frameworks[service].request(method, read.replace("{id}", str(item)), condition)
        assert misspelled(reply) == [], str(reply)
        seen[service] = OF_THE_CONTRACT & dict(reply.headers).keys()
    assert seen["api-fastapi"] == seen["simple-flask"] == seen["admin-django"]


def test_a_client_that_minds_letters_finds_the_next_page_whoever_answers(
    gateway: HttpClient, frameworks: dict[str, HttpClient], item: int
) -> None:
    for client in (gateway, *frameworks.values()):
        for condition in CONDITIONS:
            headers = dict(client.get("/api/items/?limit=1", condition).headers)
            assert headers["Link"].endswith('rel="next"')
            assert {"ETag", "Cache-Control", "X-Served-By", "X-Request-Id"} <= headers.keys()
