"""If-None-Match decides, at the gateway as in the services, whatever other conditions come with it."""

import secrets

import psycopg
import pytest

from tests.http_client import HttpClient, Reply
from tests.ready import PREFIXES

PAST, FUTURE = "Sat, 01 Jan 2000 00:00:00 GMT", "Sat, 01 Jan 2050 00:00:00 GMT"
# Beside If-None-Match. A date counts only where there is no tag (RFC 9110, 13.1.3); the others no read looks at.
BESIDE: list[dict[str, str]] = [
    {},
    {"If-Modified-Since": PAST},
    {"If-Modified-Since": FUTURE},
    {"If-Modified-Since": "yesterday"},
    {"If-Modified-Since": FUTURE, "Cache-Control": "no-cache"},
    {"If-Unmodified-Since": PAST},
    {"If-Match": '"none"'},
    {"If-Match": '"none"', "If-Modified-Since": PAST, "If-Unmodified-Since": PAST},
    {"Range": "bytes=0-3", "If-Range": '"none"'},
    {"Authorization": "Bearer nobody"},
    {"Accept-Encoding": "gzip"},
    {"Accept-Encoding": "gzip", "If-Modified-Since": PAST},
]
CACHEABLE = ("ETag", "Cache-Control", "Link")


@pytest.fixture(scope="module")
def word(database: psycopg.Connection) -> str:
    """A word of twenty items: a list that is long enough to be compressed."""
    made = f"w{secrets.token_hex(8)}"
    for _ in range(20):
        database.execute("INSERT INTO items (name, description, price) VALUES ('Conditional', %s, 1)", (made,))
    return made


@pytest.fixture(params=["list", "short list", "item", "categories"])
def target(request: pytest.FixtureRequest, word: str, database: psycopg.Connection) -> str:
    row = database.execute("SELECT min(id) FROM items WHERE description = %s", (word,)).fetchone()
    assert row is not None
    return {
        "list": f"/api/items/?q={word}&limit=10",
        "short list": f"/api/items/?q={word}&limit=1",
        "item": f"/api/items/{row[0]}/",
        "categories": "/api/categories/",
    }[str(request.param)]


@pytest.fixture(params=["gateway", *PREFIXES])
def client(request: pytest.FixtureRequest, gateway: HttpClient, frameworks: dict[str, HttpClient]) -> HttpClient:
    """The client of the public routes, then of each framework."""
    return gateway if request.param == "gateway" else frameworks[request.param]


def kept(reply: Reply) -> dict[str, str | None]:
    """Return what a cache learns from the answer; a tag that was weakened is the same tag."""
    return {name: (reply.header(name) or "").removeprefix("W/") or None for name in CACHEABLE}


@pytest.mark.parametrize("beside", BESIDE, ids=str)
def test_what_the_client_has_is_not_modified(beside: dict[str, str], target: str, client: HttpClient) -> None:
    whole = client.get(target)
    assert whole.status == 200, str(whole)
    for method in ("GET", "HEAD"):
        for form in ("{}", "W/{}", '"other", {}'):
            reply = client.request(method, target, {"If-None-Match": form.format(whole.header("ETag")), **beside})
            assert (reply.status, reply.body) == (304, b""), str(reply)
            assert kept(reply) == kept(whole)
            assert whole.header("Vary") in (None, reply.header("Vary"))
        reply = client.request(method, target, {"If-None-Match": '"other"', **beside})
        assert reply.status in (200, 206), str(reply)
        assert kept(reply) == kept(whole)
    assert client.get(target).body == whole.body


@pytest.mark.parametrize("date", [PAST, FUTURE])
def test_a_date_alone_makes_no_difference(date: str, target: str, client: HttpClient) -> None:
    assert client.get(target, {"If-Modified-Since": date}).status == 200


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_long_public_list_says_that_it_depends_on_the_encoding(encoding: str, word: str, gateway: HttpClient) -> None:
    target = f"/api/items/?q={word}&limit=10"
    headers = {"Accept-Encoding": encoding}
    whole = gateway.get(target, headers)
    again = {"If-None-Match": whole.header("ETag") or ""}
    for reply in (whole, gateway.request("HEAD", target, headers), gateway.get(target, headers | again)):
        assert [value for name, value in reply.headers if name == "Vary"] == ["Accept-Encoding"], str(reply)


@pytest.mark.parametrize("beside", [{}, {"If-Modified-Since": PAST}, {"If-Modified-Since": FUTURE}], ids=str)
def test_the_keys_are_not_modified_either(beside: dict[str, str], gateway: HttpClient) -> None:
    whole = gateway.get("/api/auth/jwks.json")
    reply = gateway.get("/api/auth/jwks.json", {"If-None-Match": whole.header("ETag") or "", **beside})
    assert reply.status == 304, str(reply)
