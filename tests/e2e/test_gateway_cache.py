"""A public read may be answered from the gateway's cache: three seconds old at most, and never somebody else's."""

import http.client
import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.problems import assert_problem
from tests.ready import PREFIXES
from tests.wait import until
from tests.wire import Reply, Wire

FROM_CACHE = {"HIT", "UPDATING", "STALE"}
FRESH: list[dict[str, str]] = [
    {"Cache-Control": "no-cache"},
    {"Cache-Control": "max-age=60, No-Cache"},
    {"Cache-Control": "max-age=0"},
    {"Cookie": "triptych_fresh=1"},
    {"Cookie": "sessionid=abc; triptych_fresh=1"},
]
PROMISED = 3.0  # seconds
ONE_READ = 1.0  # of a service, on a busy machine: an answer may be so old when the gateway gets it


class Item:
    """An item of the test's own: its path, and the name that the database holds."""

    def __init__(self, database: psycopg.Connection) -> None:
        self._database = database
        self.name = f"Cached {secrets.token_hex(6)}"
        row = database.execute(
            "INSERT INTO items (name, description, price) VALUES (%s, '', 1) RETURNING id", (self.name,)
        ).fetchone()
        assert row is not None
        self.id = int(row[0])
        self.path = f"/api/items/{self.id}/"

    def rename(self) -> str:
        """Commit another name, behind the back of every cache, and return it."""
        self.name = f"Renamed {secrets.token_hex(6)}"
        self._database.execute("UPDATE items SET name = %s WHERE id = %s", (self.name, self.id))
        return self.name


@pytest.fixture
def item(database: psycopg.Connection) -> Item:
    return Item(database)


def cached(gateway: Wire, target: str) -> Reply:
    """Read until the answer is a hit, and return it."""

    def hit() -> tuple[Reply, ...]:
        reply = gateway.get(target)
        assert reply.status == 200, str(reply)
        return (reply,) if reply.header("X-Cache") == "HIT" else ()

    return until(hit, within=10, what=f"{target} is in the cache")[0]


def let_pass(seconds: float, since: float) -> None:
    """Wait until so much time is over: that is the condition here."""
    until(lambda: time.monotonic() - since >= seconds, within=seconds + 1, what=f"{seconds} s are over")


def name_in(reply: Reply) -> str:
    assert reply.status == 200, str(reply)
    return str(reply.json()["name"])


# ── Fresh enough ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_read_is_answered_by_the_cache_as_the_first_was_by_the_service(gateway: Wire, item: Item) -> None:
    first, hit = gateway.get(item.path), cached(gateway, item.path)
    assert first.header("X-Cache") == "MISS"
    assert (hit.body, hit.header("ETag")) == (first.body, first.header("ETag"))
    assert hit.header("X-Served-By") == first.header("X-Served-By") == "api-fastapi"


@pytest.mark.parametrize("pause", [0.0, 0.7, 1.4, 2.1, 2.8])
def test_what_was_committed_is_seen_in_three_seconds_however_often_it_is_read(
    pause: float, gateway: Wire, item: Item
) -> None:
    """Read all the time, so that the entry is hot; or only after a pause, in which nothing made it new."""
    cached(gateway, item.path)
    new = item.rename()
    committed = time.monotonic()
    let_pass(pause, since=committed)
    until(
        lambda: name_in(gateway.get(item.path)) == new,
        within=committed + PROMISED + ONE_READ - time.monotonic(),
        what="the new name is seen",
    )


def test_an_entry_that_was_idle_for_longer_is_not_handed_out(gateway: Wire, item: Item) -> None:
    cached(gateway, item.path)
    read = time.monotonic()
    new = item.rename()
    let_pass(PROMISED, since=read)
    assert name_in(gateway.get(item.path)) == new


def test_a_missing_item_is_there_as_soon_as_it_is_inserted(gateway: Wire, database: psycopg.Connection) -> None:
    row = database.execute("SELECT nextval(pg_get_serial_sequence('items', 'id'))").fetchone()
    assert row is not None
    path = f"/api/items/{row[0]}/"
    for _ in range(3):
        reply = gateway.get(path)
        assert_problem(reply, 404, "not-found")
        assert reply.header("X-Cache") == "MISS"
    database.execute("INSERT INTO items (id, name, description, price) VALUES (%s, 'New', '', 1)", row)
    until(lambda: gateway.get(path).status == 200, within=ONE_READ, what="the item is there")


@pytest.mark.parametrize("headers", FRESH, ids=str)
def test_who_asks_for_it_gets_what_was_committed_and_so_does_everybody_after(
    headers: dict[str, str], gateway: Wire, item: Item
) -> None:
    cached(gateway, item.path)
    new = item.rename()
    reply = gateway.get(item.path, headers)
    assert (name_in(reply), reply.header("X-Cache")) == (new, "BYPASS")
    after = gateway.get(item.path)
    assert (name_in(after), after.header("X-Cache")) == (new, "HIT")


@pytest.mark.parametrize("prefix", PREFIXES.values())
def test_a_pinned_read_is_never_answered_by_the_cache(prefix: str, gateway: Wire, item: Item) -> None:
    for _ in range(2):
        cached(gateway, item.path)
        reply = gateway.get(prefix + item.path, {"Cache-Control": "no-cache"})
        assert (name_in(reply), reply.header("X-Cache")) == (item.name, None)
        item.rename()


def test_many_who_want_the_same_at_once_make_one_request(url: str, database: psycopg.Connection) -> None:
    """Each of a few rounds wants something that is not there yet; a slow service may let a second request on."""
    clients = [Wire(url) for _ in range(8)]
    with ThreadPoolExecutor(len(clients)) as together:
        misses = []
        for _ in range(10):
            target = Item(database).path
            replies = list(together.map(lambda client, target=target: client.get(target), clients))
            assert len({reply.body for reply in replies}) == 1
            misses.append(sum(reply.header("X-Cache") == "MISS" for reply in replies))
    for client in clients:
        client.close()
    assert sorted(misses)[len(misses) // 2] <= 2, misses


# ── Never kept, never mixed up ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", ["Bearer nobody", "0"])
def test_a_request_with_credentials_neither_uses_the_cache_nor_fills_it(value: str, gateway: Wire, item: Item) -> None:
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
    headers: dict[str, str], method: str, gateway: Wire, url: str, item: Item
) -> None:
    """The first request for an item is the attacker's, and fills the cache."""
    target = f"/api/items/?q={item.name.split()[1]}"
    for each in (item.path, target):
        with Wire(url) as attacker:
            attack = attacker.request(method, each, headers)
        honest, alike = gateway.get(each), gateway.get(f"{PREFIXES['api-fastapi']}{each}")
        assert attack.status in (200, 304), str(attack)
        assert (honest.status, honest.body) == (200, alike.body), str(honest)
        for name in ("Content-Type", "ETag", "Cache-Control", "Link", "Content-Encoding", "Set-Cookie", "Location"):
            assert honest.header(name) == alike.header(name), str(honest)
        assert honest.header("X-Served-By") == "api-fastapi"
        assert "forged" not in str(honest)


def test_no_host_that_one_client_names_changes_what_another_gets(gateway: Wire, url: str, item: Item) -> None:
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
def test_each_way_to_write_a_target_has_its_own_entry(target: str, gateway: Wire) -> None:
    """What nginx makes of a path or a query is not what a service makes of it: only the same bytes are the same."""
    price = secrets.randbelow(10**8)
    cached(gateway, f"/api/items/?limit=2&max_price={price}")
    reply = gateway.get(target.format(price=price))
    assert reply.status in (200, 404), str(reply)
    assert reply.header("X-Cache") in ("MISS", None)


def test_hits_have_request_ids_of_their_own(gateway: Wire, url: str, item: Item) -> None:
    filled = gateway.get(item.path, {"X-Request-Id": "mine"}).header("X-Request-Id")
    hits = [cached(gateway, item.path).header("X-Request-Id") for _ in range(5)]
    with Wire(url) as other:
        hits += [cached(other, item.path).header("X-Request-Id") for _ in range(5)]
    assert len({filled, *hits}) == 11, hits
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,64}", id or "") for id in hits), hits


# ── The same answer as a service's ────────────────────────────────────────────────────────────────────────────────────


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
def test_a_hit_says_what_the_service_says(method: str, condition: str | None, gateway: Wire, page: str) -> None:
    tag = cached(gateway, page).header("ETag") or ""
    headers = {} if condition is None else {"If-None-Match": condition.format(tag=tag)}
    hit = gateway.request(method, page, headers)
    service = gateway.request(method, PREFIXES["api-fastapi"] + page, headers)
    assert hit.header("X-Cache") in FROM_CACHE
    assert (hit.status, hit.body) == (service.status, service.body)
    assert headers_of_contract(hit) == headers_of_contract(service)


def test_a_head_fills_the_cache_for_a_get(gateway: Wire, page: str) -> None:
    head = gateway.request("HEAD", page)
    assert (head.status, head.body, head.header("X-Cache")) == (200, b"", "MISS")
    hit = gateway.get(page)
    assert (hit.header("X-Cache"), str(len(hit.body))) == ("HIT", head.header("Content-Length"))


def test_a_range_gets_the_whole(gateway: Wire, page: str) -> None:
    whole = cached(gateway, page)
    reply = gateway.get(page, {"Range": "bytes=0-3"})
    assert (reply.status, reply.body, reply.header("Content-Range")) == (200, whole.body, None)


def test_a_list_is_compressed_for_who_asks_and_its_tag_says_so(gateway: Wire) -> None:
    target = "/api/items/?limit=50&sort=-id"
    plain = gateway.get(target, {"Cache-Control": "no-cache"})
    reply = gateway.get(target, {"Accept-Encoding": "gzip"})
    assert reply.header("Content-Encoding") == "gzip"
    assert len(reply.body) < len(plain.body) / 2
    assert plain.header("Vary") == reply.header("Vary") == "Accept-Encoding"
    tag = reply.header("ETag") or ""
    assert tag == f"W/{plain.header('ETag')}"
    assert gateway.get(target, {"Accept-Encoding": "gzip", "If-None-Match": tag}).status == 304


def test_an_answer_tells_when_it_was_made(gateway: Wire, item: Item) -> None:
    """A browser's own cache counts from there, not from when the gateway handed it out."""
    hit = cached(gateway, item.path)
    read = time.monotonic()
    let_pass(1.0, since=read)
    later = gateway.get(item.path)
    assert later.header("X-Cache") in FROM_CACHE
    assert later.header("Date") == hit.header("Date")
