"""A response from the gateway's cache is the one that the service would give."""

import secrets
import time

import psycopg
import pytest

from tests.e2e.micro_cache import FROM_CACHE, Item, cached, let_pass
from tests.http_client import HttpClient, Reply
from tests.ready import PREFIXES


def headers_of_contract(reply: Reply) -> dict[str, str | None]:
    names = ("Content-Type", "Content-Length", "ETag", "Cache-Control", "Link", "Vary", "X-Served-By")
    return {name: reply.header(name) for name in names}


@pytest.fixture
def page(database: psycopg.Connection) -> str:
    """The target of a list that has a next page."""
    category = f"cached-{secrets.token_hex(6)}"
    database.execute("INSERT INTO categories (slug, name) VALUES (%s, 'Cached')", (category,))
    database.execute(
        "INSERT INTO items (name, description, price, category) SELECT 'Cached', '', 1, %s FROM generate_series(1, 3)",
        (category,),
    )
    return f"/api/items/?category={category}&limit=2"


@pytest.mark.parametrize(
    ("method", "condition"),
    [
        ("GET", None),
        ("HEAD", None),
        ("GET", "{tag}"),
        ("HEAD", "{tag}"),
        ("GET", 'W/{tag}, "x"'),
        ("GET", '"x"'),
        ("GET", "*"),
    ],
)
def test_a_hit_says_what_the_service_says(method: str, condition: str | None, gateway: HttpClient, page: str) -> None:
    tag = cached(gateway, page).header("ETag") or ""
    headers = {} if condition is None else {"If-None-Match": condition.format(tag=tag)}
    hit = gateway.request(method, page, headers)
    service = gateway.request(method, PREFIXES["api-fastapi"] + page, headers)
    assert hit.header("X-Cache") in FROM_CACHE
    assert (hit.status, hit.body) == (service.status, service.body)
    assert headers_of_contract(hit) == headers_of_contract(service)


def test_what_is_read_for_the_second_time_is_kept_and_a_head_fills_the_cache_for_a_get(
    gateway: HttpClient, page: str
) -> None:
    for _ in range(2):
        head = gateway.request("HEAD", page)
        assert (head.status, head.body, head.header("X-Cache")) == (200, b"", "MISS")
    hit = gateway.get(page)
    assert (hit.header("X-Cache"), str(len(hit.body))) == ("HIT", head.header("Content-Length"))


def test_a_range_gets_the_whole(gateway: HttpClient, page: str) -> None:
    whole = cached(gateway, page)
    reply = gateway.get(page, {"Range": "bytes=0-3"})
    assert (reply.status, reply.body, reply.header("Content-Range")) == (200, whole.body, None)


def test_a_list_is_compressed_for_who_asks_and_its_tag_says_so(gateway: HttpClient) -> None:
    target = "/api/items/?limit=50&sort=-id"
    plain = gateway.get(target, {"Cache-Control": "no-cache"})
    reply = gateway.get(target, {"Accept-Encoding": "gzip"})
    assert reply.header("Content-Encoding") == "gzip"
    assert len(reply.body) < len(plain.body) / 2
    assert plain.header("Vary") == reply.header("Vary") == "Accept-Encoding"
    tag = reply.header("ETag") or ""
    assert tag == f"W/{plain.header('ETag')}"
    assert gateway.get(target, {"Accept-Encoding": "gzip", "If-None-Match": tag}).status == 304


def test_an_answer_tells_when_it_was_made(gateway: HttpClient, item: Item) -> None:
    """A browser's own cache counts from there, not from when the gateway handed it out."""
    hit = cached(gateway, item.path)
    read = time.monotonic()
    let_pass(1.0, since=read)
    later = gateway.get(item.path)
    assert later.header("X-Cache") in FROM_CACHE
    assert later.header("Date") == hit.header("Date")
