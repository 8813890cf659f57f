"""An export holds what the lists hold, byte for byte."""

import csv
import io
from urllib.parse import quote

import pytest

from tests.contract.fixtures import Fixtures
from tests.contract.oracle import lists
from tests.contract.oracle.rows import compact
from tests.http_client import HttpClient

FILTERS = [{}, {"max_price": "10"}, {"min_price": "10.00", "max_price": "99"}, {"q": "mug"}, {"q": "straße"}]


@pytest.fixture(params=FILTERS, ids=str)
def filters(request: pytest.FixtureRequest, fixtures: Fixtures) -> dict[str, str]:
    """Filters, each with the fixtures's marker among the words sought."""
    chosen: dict[str, str] = request.param
    return {**chosen, "q": f"{chosen.get('q', '')} {fixtures.marker}"}


def target(kind: str, filters: dict[str, str]) -> str:
    return f"/api/tasks/exports/items.{kind}?" + "&".join(f"{name}={quote(value)}" for name, value in filters.items())


def documents(fixtures: Fixtures, filters: dict[str, str]) -> list[dict[str, object]]:
    rows = sorted(fixtures.catalogue.items, key=lambda row: row.id)
    return [row.document() for row in rows if lists.passes(row, filters)]


def test_ndjson_is_the_items_bodies_line_by_line(
    gateway: HttpClient, fixtures: Fixtures, filters: dict[str, str]
) -> None:
    reply = gateway.get(target("ndjson", filters))
    assert (reply.status, reply.header("Content-Type")) == (200, "application/x-ndjson")
    assert reply.body == b"".join(compact(document).encode() + b"\n" for document in documents(fixtures, filters))


def test_csv_reads_back_as_the_items(gateway: HttpClient, fixtures: Fixtures, filters: dict[str, str]) -> None:
    reply = gateway.get(target("csv", filters))
    assert (reply.status, reply.header("Content-Type")) == (200, "text/csv; charset=utf-8; header=present")
    read = list(csv.DictReader(io.StringIO(reply.body.decode(), newline="")))
    assert read == [
        {name: "" if value is None else str(value) for name, value in document.items()}
        for document in documents(fixtures, filters)
    ]
    assert reply.body.endswith(b"\r\n")


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_head_has_the_headers_of_the_export(kind: str, gateway: HttpClient, fixtures: Fixtures) -> None:
    name = target(kind, {"q": fixtures.marker})
    get, head = gateway.get(name), gateway.request("HEAD", name)
    compared = ("Content-Type", "Content-Disposition", "Cache-Control", "X-Served-By")
    assert [head.header(header) for header in compared] == [get.header(header) for header in compared]
    assert head.header("Cache-Control") == "no-store"
    assert (head.status, head.body) == (200, b"")
