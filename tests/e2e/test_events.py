"""Changes are told through the gateway, whoever writes, and when the worker behind it is another one."""

import http.client
import secrets
from collections.abc import Iterator

import psycopg
import pytest

from tests.bearer import Bearer, send
from tests.http_client import HttpClient
from tests.problems import assert_problem
from tests.ready import PREFIXES, wait_until_ready
from tests.stream import EVENTS, Stream
from tests.system import System
from tests.wait import until


@pytest.fixture
def category(database: psycopg.Connection) -> str:
    slug = f"events-{secrets.token_hex(6)}"
    database.execute("INSERT INTO categories (slug, name) VALUES (%s, 'Events')", (slug,))
    return slug


@pytest.fixture
def stream(gateway: HttpClient, url: str, category: str) -> Iterator[Stream]:
    opened = Stream(url, f"?category={category}").joined()
    yield opened
    opened.close()


def insert(database: psycopg.Connection, category: str) -> int:
    row = database.execute(
        "INSERT INTO items (name, description, price, category) VALUES ('Told', '', 1, %s) RETURNING id", (category,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_every_writer_is_told_of(
    stream: Stream, gateway: HttpClient, bearer: Bearer, database: psycopg.Connection, category: str
) -> None:
    item = insert(database, category)
    assert stream.event()[1]["id"] == item
    assert send(gateway, "PATCH", f"/api/items/{item}/", {"price": "2.00"}, bearer.headers()).status == 200
    kind, told = stream.event()
    reply = gateway.get(f"/api/items/{item}/", {"Cache-Control": "no-cache"})
    assert (kind, told) == ("changed", reply.json())
    assert gateway.request("DELETE", f"/api/items/{item}/", bearer.headers()).status == 204
    assert stream.event()[0] == "deleted"


def test_the_answer_is_neither_kept_nor_compressed(stream: Stream) -> None:
    assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
    assert (stream.headers["cache-control"], stream.headers["x-served-by"]) == ("no-store", "api-fastapi")
    assert stream.headers["x-request-id"]
    assert stream.headers["content-encoding"] is None
    assert stream.headers["access-control-allow-origin"] is None


def test_it_has_one_address_and_is_only_read(gateway: HttpClient) -> None:
    for prefix in PREFIXES.values():
        assert_problem(gateway.get(f"{prefix}{EVENTS}"), 404, "not-found")
    assert_problem(gateway.request("POST", EVENTS), 405, "method-not-allowed")
    assert_problem(gateway.get(f"{EVENTS}?ids=x&limit=1"), 400, "invalid-parameter", {"ids", "limit"})
    assert gateway.get(EVENTS.removesuffix("/")).status == 308
    assert gateway.request("HEAD", EVENTS).status == 200


@pytest.mark.disruptive
def test_after_a_kill_the_stream_goes_on_where_it_was(
    stream: Stream, system: System, url: str, gateway: HttpClient, database: psycopg.Connection, category: str
) -> None:
    item = insert(database, category)
    assert stream.event()[1]["id"] == item
    system.kill("api-fastapi")
    with pytest.raises((http.client.IncompleteRead, EOFError, ConnectionError)):
        stream.event()
    database.execute("UPDATE items SET name = 'Meanwhile' WHERE id = %s", (item,))
    system.start("api-fastapi")
    wait_until_ready(gateway)

    def again() -> list[Stream]:
        opened = Stream(url, f"?category={category}", stream.last_id)
        if opened.served_by != "api-fastapi":
            opened.close()
        return [opened] if opened.served_by == "api-fastapi" else []

    [back] = until(again, what="the stream is there again")
    kind, told = back.event()
    assert (kind, told["id"], told["name"]) == ("changed", item, "Meanwhile")
    back.close()
