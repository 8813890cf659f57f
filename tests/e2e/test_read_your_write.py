"""Read, change, write: however a program reads again after somebody was faster, it soon has what it was refused for."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import requests

from tests.bearer import Bearer, send
from tests.http_client import HttpClient, Reply
from tests.problems import assert_problem
from tests.wait import until

Read = Callable[["Program"], tuple[dict[str, Any], str]]


@dataclass
class Program:
    """A client that adds a cent to an item's price; `headers` are sent with its reads, `last` is its last answer."""

    client: HttpClient
    bearer: Bearer
    path: str
    headers: dict[str, str]
    last: Reply | None = None

    def read(self) -> tuple[dict[str, Any], str]:
        """Return the item and its tag, as a GET has them."""
        reply = self.client.get(self.path, self.headers)
        assert reply.status == 200, str(reply)
        return reply.json(), str(reply.header("ETag"))

    def add_a_cent(self, read_again: Read) -> int:
        """Return how many tries it took."""
        item, tag = self.read()
        for tries in range(1, 1000):
            price = f"{float(item['price']) + 0.01:.2f}"
            sent = {"price": price}
            self.last = send(self.client, "PATCH", self.path, sent, {**self.bearer.headers(), "If-Match": tag})
            if self.last.status == 200:
                return tries
            assert_problem(self.last, 412, "precondition-failed")
            item, tag = read_again(self)
        raise AssertionError("a thousand tries")


def by_get(program: Program) -> tuple[dict[str, Any], str]:
    return program.read()


def by_the_refusal(program: Program) -> tuple[dict[str, Any], str]:
    assert program.last is not None
    return program.last.json()["current"], str(program.last.header("ETag"))


class Hot:
    """An item in the gateway's cache, and somebody who changes it past the gateway."""

    def __init__(self, gateway: HttpClient, database: psycopg.Connection) -> None:
        self.gateway, self.database = gateway, database
        row = database.execute(
            "INSERT INTO items (name, description, price) VALUES (%s, '', 1) RETURNING id", (secrets.token_hex(6),)
        ).fetchone()
        assert row is not None
        self.id = int(row[0])
        self.path = f"/api/items/{self.id}/"

    def is_kept(self) -> None:
        """Read it until the gateway answers from its cache."""
        until(
            lambda: self.gateway.get(self.path).header("X-Cache") == "HIT",
            within=10,
            what="the item is in the cache",
        )

    def change(self) -> None:
        """Change it as another program does, just before ours writes."""
        self.database.execute("UPDATE items SET price = price + 1 WHERE id = %s", (self.id,))

    def price(self) -> str:
        row = self.database.execute("SELECT price FROM items WHERE id = %s", (self.id,)).fetchone()
        assert row is not None
        return str(row[0])


@pytest.fixture
def hot(gateway: HttpClient, database: psycopg.Connection) -> Hot:
    return Hot(gateway, database)


WAYS: dict[str, tuple[dict[str, str], Read, int]] = {
    "the answer of the refusal": ({}, by_the_refusal, 2),
    "a token on reads": ({"Authorization": ""}, by_get, 2),
    "the cookie of a write": ({"Cookie": "triptych_fresh=1"}, by_get, 2),
    "no-cache": ({"Cache-Control": "no-cache"}, by_get, 2),
    "a plain read": ({}, by_get, 4),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, bearer: Bearer) -> tuple[dict[str, str], Read, int]:
    headers, read_again, most = WAYS[request.param]
    return (bearer.headers() if "Authorization" in headers else headers), read_again, most


@pytest.fixture(params=["one connection", "a connection each time"])
def client(request: pytest.FixtureRequest, url: str) -> Iterator[HttpClient]:
    with HttpClient(url) if request.param == "one connection" else Reconnecting(url) as client:
        yield client


class Reconnecting(HttpClient):
    """A client that keeps no connection, as a shell script with curl does not."""

    def request(self, *args: Any, **kwargs: Any) -> Reply:
        self.close()
        return super().request(*args, **kwargs)


def test_who_was_refused_soon_has_what_is_there(
    way: tuple[dict[str, str], Read, int], client: HttpClient, hot: Hot, bearer: Bearer
) -> None:
    headers, read_again, most = way
    program = Program(client, bearer, hot.path, headers)
    tries = []
    for _ in range(10):
        hot.is_kept()
        hot.change()
        tries.append(program.add_a_cent(read_again))
    assert max(tries) <= most, tries
    assert hot.price() == "11.10"


def test_who_writes_again_and_again_is_not_held_up_by_what_it_read_before(
    way: tuple[dict[str, str], Read, int], client: HttpClient, hot: Hot, bearer: Bearer
) -> None:
    headers, read_again, most = way
    program = Program(client, bearer, hot.path, headers)
    hot.is_kept()
    tries = [program.add_a_cent(read_again) for _ in range(30)]
    assert max(tries) <= most, tries
    assert hot.price() == "1.30"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_refusal_has_the_item_as_a_read_has_it_and_names_the_header_that_reads_past_caches(
    method: str, gateway: HttpClient, hot: Hot, bearer: Bearer
) -> None:
    refused = send(gateway, method, hot.path, {"name": "n", "price": "2.00"}, {**bearer.headers(), "If-Match": '"0"'})
    assert_problem(refused, 412, "precondition-failed")
    read = gateway.get(hot.path, {"Cache-Control": "no-cache"})
    assert refused.header("ETag") == read.header("ETag")
    assert list(refused.json()["current"].items()) == list(read.json().items())
    assert b'"current":' + read.body in refused.body
    assert "`Cache-Control: no-cache`" in refused.json()["detail"]


def test_a_refused_write_renews_what_the_gateway_keeps_for_everybody_and_leaves_nothing_of_the_writer(
    url: str, gateway: HttpClient, hot: Hot, bearer: Bearer
) -> None:
    hot.is_kept()
    hot.change()
    assert gateway.get(hot.path).json()["price"] == "1.00"
    send(gateway, "PATCH", hot.path, {"price": "9.00"}, {**bearer.headers(), "If-Match": '"0"'})
    with HttpClient(url) as other:
        reply = until(
            lambda: (lambda reply: reply if reply.json()["price"] == "2.00" else None)(other.get(hot.path)),
            within=1,
            what="the entry is renewed",
        )
    assert (reply.header("X-Cache"), reply.header("Set-Cookie")) == ("HIT", None)
    assert reply.body == gateway.get(f"/fastapi{hot.path}", {"Cache-Control": "no-cache"}).body


@pytest.mark.parametrize("target", ["{path}?x=1", "{path}../1/", "/api/items/0/", "/api/items/%31/"])
def test_a_condition_on_another_target_is_judged_as_before(
    target: str, gateway: HttpClient, hot: Hot, bearer: Bearer
) -> None:
    headers = {**bearer.headers(), "If-Match": '"0"'}
    reply = send(gateway, "PATCH", target.format(path=hot.path), {"price": "9.00"}, headers)
    assert reply.status in (400, 404, 412), str(reply)
    assert json.loads(reply.body)["status"] == reply.status


@pytest.mark.parametrize("chunked", [False, True])
def test_the_body_of_a_write_reaches_nobody_who_reads(
    chunked: bool, url: str, gateway: HttpClient, hot: Hot, bearer: Bearer
) -> None:
    """The gateway's own read beside the write goes over connections that it keeps and uses again."""
    body = b'{"price":"9.00"}'
    headers = {**bearer.headers(), "Content-Type": "application/json", "If-Match": '"0"'}
    for _ in range(20):
        reply = requests.patch(url + hot.path, iter([body]) if chunked else body, headers=headers, timeout=30)
        assert reply.status_code == 412, reply.text
        for path in (hot.path, "/livez", "/api/categories/"):
            assert gateway.get(f"/fastapi{path}").status == 200
