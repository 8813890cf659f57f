"""The gateway's cache never gives one client what another one influenced."""

import http.client
import re
import secrets
from urllib.parse import urlsplit

import pytest

from tests.e2e.micro_cache import ONE_READ, Item, cached, name_in
from tests.http_client import HttpClient
from tests.ready import PREFIXES
from tests.wait import until


@pytest.mark.parametrize("value", ["Bearer nobody", "0"])
def test_a_request_with_credentials_neither_uses_the_cache_nor_fills_it(
    value: str, gateway: HttpClient, item: Item
) -> None:
    credentials = {"Authorization": value}
    for _ in range(2):
        assert gateway.get(item.path, credentials).header("X-Cache") == "BYPASS"
    assert gateway.get(item.path).header("X-Cache") == "MISS"
    before = cached(gateway, item.path)
    new = item.rename()
    until(
        lambda: name_in(gateway.get(item.path, credentials)) == new,
        within=1.5 + ONE_READ,
        what="the service has the new name",
    )
    assert gateway.get(item.path).body == before.body


POISON = [
    ("forwarded", {"X-Forwarded-Host": "elsewhere.example", "X-Forwarded-Proto": "ftp", "Forwarded": "host=e"}),
    ("prefix", {"X-Forwarded-Prefix": "/e", "X-Script-Name": "/e", "X-Original-URL": "/admin/", "X-Rewrite-URL": "/"}),
    ("method", {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "PUT", "X-HTTP-Method": "POST"}),
    ("accept", {"Accept": "text/html", "Accept-Language": "de", "Accept-Charset": "utf-16", "Accept-Encoding": "br"}),
    ("gzip", {"Accept-Encoding": "gzip"}),
    ("range", {"Range": "bytes=0-3", "If-Range": '"1"'}),
    ("condition", {"If-None-Match": "*", "If-Modified-Since": "Sat, 01 Jan 2050 00:00:00 GMT"}),
    ("match", {"If-Match": '"none"'}),
    ("unmodified", {"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}),
    ("cookie", {"Cookie": "sessionid=forged; csrftoken=x; triptych_freshness=1; django_language=de"}),
    ("request id", {"X-Request-Id": "forged-by-one-client"}),
    ("served by", {"X-Served-By": "nobody", "X-Cache": "HIT", "X-Accel-Expires": "3600", "Surrogate-Control": "x"}),
    ("keep", {"Cache-Control": "max-age=3600, only-if-cached", "Pragma": "x", "Expires": "0"}),
    ("expect", {"Via": "1.0 proxy", "TE": "trailers", "Upgrade": "websocket", "Connection": "close, X-Served-By"}),
]


@pytest.mark.parametrize("headers", [headers for _, headers in POISON], ids=[name for name, _ in POISON])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nothing_that_one_client_sends_changes_what_another_gets(
    headers: dict[str, str], method: str, gateway: HttpClient, url: str, item: Item
) -> None:
    """The first request for an item is the attacker's, and fills the cache."""
    target = f"/api/items/?q={item.name.split()[1]}"
    for each in (item.path, target):
        with HttpClient(url) as attacker:
            attack = attacker.request(method, each, headers)
        honest, alike = gateway.get(each), gateway.get(f"{PREFIXES['api-fastapi']}{each}")
        assert attack.status in (200, 304), str(attack)
        assert (honest.status, honest.body) == (200, alike.body), str(honest)
        for name in ("Content-Type", "ETag", "Cache-Control", "Link", "Content-Encoding", "Set-Cookie", "Location"):
            assert honest.header(name) == alike.header(name), str(honest)
        assert honest.header("X-Served-By") == "api-fastapi"
        assert "forged" not in str(honest)


def test_no_host_that_one_client_names_changes_what_another_gets(gateway: HttpClient, url: str, item: Item) -> None:
    for target in (item.path, f"http://elsewhere.example{item.path}"):
        attacker = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        attacker.request("GET", target, headers={"Host": "elsewhere.example:81"})
        attacker.getresponse().read()
        attacker.close()
        honest = gateway.get(item.path)
        assert name_in(honest) == item.name
        assert "elsewhere" not in str(honest)


@pytest.mark.parametrize(
    "target",
    [
        "/api/items/?limit=2&max_price={price}&&",
        "/api/items/?max_price={price}&limit=2",
        "/api/items/?limit=%32&max_price={price}",
        "/api/%69tems/?limit=2&max_price={price}",
        "/x/../api/items/?limit=2&max_price={price}",
        "//api/items/?limit=2&max_price={price}",
    ],
)
def test_each_way_to_write_a_target_has_its_own_entry(target: str, gateway: HttpClient) -> None:
    """What nginx makes of a path or a query is not what a service makes of it: only the same bytes are the same."""
    price = secrets.randbelow(10**8)
    cached(gateway, f"/api/items/?limit=2&max_price={price}")
    reply = gateway.get(target.format(price=price))
    assert reply.status in (200, 404), str(reply)
    assert reply.header("X-Cache") in ("MISS", None)


def test_hits_have_request_ids_of_their_own(gateway: HttpClient, url: str, item: Item) -> None:
    filled = gateway.get(item.path, {"X-Request-Id": "mine"}).header("X-Request-Id")
    hits = [cached(gateway, item.path).header("X-Request-Id") for _ in range(5)]
    with HttpClient(url) as other:
        hits += [cached(other, item.path).header("X-Request-Id") for _ in range(5)]
    assert len({filled, *hits}) == 11, hits
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,64}", id or "") for id in hits), hits
