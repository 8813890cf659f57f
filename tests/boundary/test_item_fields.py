"""Every service shows every field that the contract's item has, in its order, as it stands in the database."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from tests.boundary.databases import Server
from tests.boundary.processes import COMMANDS, serving
from tests.boundary.tree import Tree
from tests.contract.document import contract
from tests.http_client import HttpClient
from tests.wait import until

SCHEMAS = contract()["components"]["schemas"]
SHOWN, WRITTEN = SCHEMAS["Item"]["properties"], SCHEMAS["ItemWrite"]["properties"]
VALUES = {"price": "12.30", "category": "shown"}
READS = ["/api/items/{id}/", "/api/items/?limit=5", "/api/items/?q=name&sort=-price", "/api/items/?category=shown"]


def value(name: str) -> Any:
    """Return a value of a field, which is not its default."""
    schema = WRITTEN[name]
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    return VALUES.get(name, 7 if "integer" in schema["type"] else f"some {name}")


def shown_in(body: bytes) -> dict[str, Any]:
    """Return the one item of an answer."""
    answer = json.loads(body)
    item: dict[str, Any] = answer[0] if isinstance(answer, list) else answer
    return item


def assert_whole(item: dict[str, Any], where: str) -> None:
    """Assert that an item has all its fields; name those that are missing, or not as they are."""
    expected = {name: value(name) for name in WRITTEN}
    lost = {name: item.get(name, "(not shown)") for name in WRITTEN if item.get(name, ...) != expected[name]}
    assert not lost, f"{where} does not show as they are: {lost}"
    assert list(item) == list(SHOWN), f"{where} has other fields than the contract, or in another order"


@pytest.fixture
def item(server: Server, copy: str) -> int:
    """The id of an item that has a value in every field."""
    with server.connect("admin_django", copy) as writer:
        writer.execute("DELETE FROM items")
        writer.execute("INSERT INTO categories (slug, name) VALUES ('shown', 'Shown')")
        insert = sql.SQL("INSERT INTO items ({}) VALUES ({}) RETURNING id").format(
            sql.SQL(", ").join(map(sql.Identifier, WRITTEN)), sql.SQL(", ").join([sql.Placeholder()] * len(WRITTEN))
        )
        row = writer.execute(insert, [value(name) for name in WRITTEN]).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.native
@pytest.mark.parametrize("service", COMMANDS)
def test_a_service_shows_every_field(
    service: str, item: int, server: Server, copy: str, present: Tree, tmp_path: Path
) -> None:
    with serving(service, present, server, copy, tmp_path) as process, HttpClient(process.url) as client:
        until(process.ready, within=60, what=f"{service} is ready")
        for target in READS:
            reply = client.get(target.format(id=item))
            assert reply.status == 200, str(reply)
            assert_whole(shown_in(reply.body), f"{service} {target}")
        if service == "simple-flask":
            assert_exports_whole(client)


def assert_exports_whole(client: HttpClient) -> None:
    """Assert the same of the files that simple-flask makes."""
    lines = client.get("/api/tasks/exports/items.ndjson").body.splitlines()
    assert_whole(json.loads(lines[0]), "the export as NDJSON")
    (row,) = csv.DictReader(io.StringIO(client.get("/api/tasks/exports/items.csv").body.decode()))
    written: dict[str, Any] = {**row}
    for name in WRITTEN:
        if written.get(name) == str(value(name)):
            written[name] = value(name)
    assert_whole(written, "the export as CSV")
