"""Writes through the gateway: what is bad is refused, who comes second loses, and what is repeated happens once."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from tests.bearer import Bearer, send
from tests.http_client import HttpClient, Reply
from tests.problems import assert_problem
from tests.ready import wait_until_ready
from tests.system import System
from tests.wait import until

JSON = {"Content-Type": "application/json"}


def test_an_item_is_made_changed_and_deleted(gateway: HttpClient, bearer: Bearer) -> None:
    made = send(gateway, "POST", "/api/items/", {"name": "made", "price": "1.00"}, bearer.headers())
    assert (made.status, made.header("X-Served-By")) == (201, "admin-django")
    path, etag = str(made.header("Location")), str(made.header("ETag"))
    cookie = str(made.header("Set-Cookie"))
    assert cookie.startswith("triptych_fresh=1;")
    assert all(part in cookie for part in ("Max-Age=5", "Path=/", "HttpOnly", "SameSite=Lax"))

    changed = send(gateway, "PATCH", path, {"price": "2.00"}, {**bearer.headers(), "If-Match": f"W/{etag}"})
    assert (changed.status, changed.json()["price"]) == (200, "2.00")
    assert changed.json()["version"] > made.json()["version"]
    lost = send(gateway, "PUT", path, {"name": "lost", "price": "3.00"}, {**bearer.headers(), "If-Match": etag})
    assert_problem(lost, 412, "precondition-failed")
    assert lost.header("ETag") == changed.header("ETag")

    deleted = gateway.request("DELETE", path, {**bearer.headers(), "If-Match": "*"})
    assert (deleted.status, deleted.body) == (204, b"")
    assert_problem(gateway.request("DELETE", path, bearer.headers()), 404, "not-found")


BAD = [
    (b'{"name":"a","price":1.5}', {"price"}),
    (b'{"name":"a","price":NaN}', {"price"}),
    (b'{"name":"a","price":"12345678901.00"}', {"price"}),
    (b'{"name":"' + b"x" * 101 + b'","price":"1.00"}', {"name"}),
    (b'{"name":"a","name":"b","price":"1.00"}', {"name"}),
    (b'{"name":"a\\u0000","price":"1.00"}', {"name"}),
    (b'{"name":"\\ud800","price":"1.00"}', {"name"}),
    (b'{"name":"a","price":"1.00","colour":"red"}', {"colour"}),
    (b'{"name":"a","price":"1.00","id":7}', {"id"}),
    (b'{"name":"a","price":"1.00","category":"nobody-has-this"}', {"category"}),
    ('{"name":"ä","price":"1.00"}'.encode("latin-1"), {"body"}),
    ('{"name":"ä","price":"1.00"}'.encode("utf-16"), {"body"}),
    (b'\xef\xbb\xbf{"name":"a","price":"1.00"}', {"body"}),
    (b"[" * 900_000, {"body"}),
    (b"", {"body"}),
]


@pytest.mark.parametrize(("body", "errors"), BAD, ids=lambda value: str(value)[:50])
def test_a_bad_body_is_refused_with_the_name_of_the_field(
    gateway: HttpClient, bearer: Bearer, body: bytes, errors: set[str]
) -> None:
    reply = gateway.request("POST", "/api/items/", {**JSON, **bearer.headers()}, body)
    assert_problem(reply, 400, "invalid-body", errors)


def test_a_sku_is_taken_once(gateway: HttpClient, bearer: Bearer) -> None:
    item = {"name": "a", "price": "1.00", "sku": uuid4().hex}
    assert send(gateway, "POST", "/api/items/", item, bearer.headers()).status == 201
    assert_problem(send(gateway, "POST", "/api/items/", item, bearer.headers()), 409, "conflict", {"sku"})


def test_another_media_type_is_refused(gateway: HttpClient, bearer: Bearer) -> None:
    reply = gateway.request("POST", "/api/items/", {**bearer.headers(), "Content-Type": "text/plain"}, b"{}")
    assert_problem(reply, 415, "invalid-body", {"body"})


@pytest.mark.parametrize(("path", "size"), [("/api/items/", 10_000_000), ("/api/items/bulk/", 11_000_000)])
def test_a_body_that_is_too_large_is_refused(gateway: HttpClient, bearer: Bearer, path: str, size: int) -> None:
    reply = gateway.request("POST", path, {**JSON, **bearer.headers()}, b" " * size)
    assert_problem(reply, 413, "invalid-body", {"body"})


def test_without_a_token_nothing_is_written(gateway: HttpClient) -> None:
    for reply in (
        send(gateway, "POST", "/api/items/", {"name": "a", "price": "1.00"}),
        send(gateway, "POST", "/api/items/bulk/", {"items": []}),
        send(gateway, "PATCH", "/api/items/1/", {}),
        gateway.request("DELETE", "/api/items/1/"),
    ):
        assert_problem(reply, 401, "unauthenticated")


def test_the_pinned_routes_write_nothing(frameworks: dict[str, HttpClient], bearer: Bearer) -> None:
    for client in frameworks.values():
        item = {"name": "a", "price": "1.00", "sku": "pinned"}
        assert_problem(send(client, "POST", "/api/items/", item, bearer.headers()), 405, "method-not-allowed")
        assert_problem(send(client, "POST", "/api/items/bulk/", {"items": [item]}, bearer.headers()), 404, "not-found")


def test_one_bad_row_of_a_thousand_does_not_spoil_the_others(gateway: HttpClient, bearer: Bearer) -> None:
    rows = [{"sku": uuid4().hex, "name": "bulk", "price": "1.00"} for _ in range(1000)]
    rows[500]["category"] = "nobody-has-this"
    for status in ("created", "unchanged"):
        results = send(gateway, "POST", "/api/items/bulk/", {"items": rows}, bearer.headers()).json()["items"]
        assert Counter(result["status"] for result in results) == {status: 999, "rejected": 1}
        assert results[500]["errors"].keys() == {"category"}


def test_of_fifty_clients_with_one_tag_one_wins_per_version(
    url: str, gateway: HttpClient, bearer: Bearer, database: psycopg.Connection
) -> None:
    clients, rounds = 50, 4
    made = send(gateway, "POST", "/api/items/", {"name": "raced", "price": "1.00"}, bearer.headers())
    path, headers = str(made.header("Location")), bearer.headers()
    version = made.json()["version"]
    won: list[int] = []
    with ThreadPoolExecutor(clients) as pool:
        for number in range(rounds):
            start = threading.Barrier(clients, timeout=30)

            def race(price: str, condition: str, start: threading.Barrier = start) -> Reply:
                with HttpClient(url) as client:
                    start.wait()
                    return send(client, "PATCH", path, {"price": price}, {**headers, "If-Match": condition})

            tag = f'"{version}"'
            replies = list(pool.map(lambda n: race(f"{number + 2}.{n:02}", tag), range(clients)))  # noqa: B023
            (winner,) = [reply for reply in replies if reply.status == 200]
            for reply in replies:
                if reply is not winner:
                    assert_problem(reply, 412, "precondition-failed")
            version = winner.json()["version"]
            won.append(version)
    assert won == sorted(set(won))
    assert gateway.get(path, {"Cache-Control": "no-cache"}).json()["version"] == version
    history = database.execute(
        "SELECT version FROM item_history WHERE item_id = %s AND op = 'U' ORDER BY id", [made.json()["id"]]
    ).fetchall()
    assert [version for (version,) in history] == won


@pytest.mark.parametrize("clients", [15, pytest.param(50, marks=pytest.mark.long)])
def test_of_clients_that_read_and_try_again_no_update_is_lost(
    clients: int, url: str, gateway: HttpClient, bearer: Bearer, database: psycopg.Connection
) -> None:
    made = send(gateway, "POST", "/api/items/", {"name": "counted", "price": "0.00"}, bearer.headers())
    path, headers = str(made.header("Location")), bearer.headers()

    def add_a_cent(_: int) -> int:
        """Return how often another one was faster."""
        losses = 0
        with HttpClient(url) as client:
            reply = client.get(path, {"Cache-Control": "no-cache"})
            price, tag = reply.json()["price"], str(reply.header("ETag"))
            while True:
                cents = int(price.replace(".", "")) + 1
                sent = {"price": f"{cents // 100}.{cents % 100:02}"}
                reply = send(client, "PATCH", path, sent, {**headers, "If-Match": tag})
                if reply.status == 200:
                    return losses
                assert_problem(reply, 412, "precondition-failed")
                losses += 1
                reply = client.get(path, {"Cache-Control": "no-cache"})
                price, tag = reply.json()["price"], str(reply.header("ETag"))

    with ThreadPoolExecutor(clients) as pool:
        losses = sum(pool.map(add_a_cent, range(clients)))
    assert losses > 0
    assert gateway.get(path, {"Cache-Control": "no-cache"}).json()["price"] == f"0.{clients}"
    row = database.execute("SELECT count(*) FROM item_history WHERE item_id = %s AND op = 'U'", [made.json()["id"]])
    assert row.fetchone() == (clients,)


@pytest.fixture
def whole_again(gateway: HttpClient) -> Iterator[None]:
    """Wait until every part is ready, before the test and after it."""
    wait_until_ready(gateway)
    yield
    wait_until_ready(gateway)


@pytest.mark.disruptive
@pytest.mark.usefixtures("whole_again")
@pytest.mark.parametrize(
    ("pairs", "kills"), [(60, 2), pytest.param(500, 5, marks=pytest.mark.long)], ids=["some", "all"]
)
def test_twin_posts_make_one_item_though_the_server_is_killed(
    pairs: int, kills: int, url: str, system: System, bearer: Bearer, database_url: str
) -> None:
    marker = uuid4().hex
    headers = bearer.headers()
    answered = threading.Semaphore(0)

    def post(number: int, start: threading.Barrier) -> Reply:
        """Send the same request until it is answered, as a client does whose connection breaks."""
        sent = {"name": f"{marker} {number}", "price": "1.00"}
        key = {"Idempotency-Key": f"{marker}-{number}"}
        with HttpClient(url) as client:
            start.wait()
            reply = until(
                lambda: answer(send(client, "POST", "/api/items/", sent, {**headers, **key})),
                what=f"pair {number} is answered",
            )
        answered.release()
        return reply

    with ThreadPoolExecutor(16) as pool:
        futures = []
        for number in range(pairs):
            start = threading.Barrier(2, timeout=120)
            futures.append([pool.submit(post, number, start) for _ in range(2)])
        for _ in range(kills):
            for _ in range(2 * pairs // (kills + 1)):
                assert answered.acquire(timeout=120)
            system.kill("admin-django")
            system.start("admin-django")
        replies = [[twin.result(timeout=120) for twin in twins] for twins in futures]

    assert all(reply.status == 201 for twins in replies for reply in twins)
    assert all(first.body == second.body for first, second in replies)
    assert sum(reply.header("Idempotency-Replayed") == "true" for twins in replies for reply in twins) >= pairs
    with psycopg.connect(database_url) as database:  # other tests have restarted Postgres since the session began
        made = database.execute("SELECT count(*) FROM items WHERE starts_with(name, %s)", [marker]).fetchone()
    assert made == (pairs,)


def answer(reply: Reply) -> Reply | None:
    """Return the reply, or None while there is nobody to give one."""
    return None if reply.status in (502, 503, 504) else reply
