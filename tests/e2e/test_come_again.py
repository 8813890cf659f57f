"""Who asks for the stream when it cannot be had is told when to come again, as an EventSource understands it."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from stack import ports
from tests import nginxes
from tests.http_client import Headers, HttpClient, Reply
from tests.problems import assert_problem
from tests.stream import EVENTS, Stream
from tests.wait import until

NOT_A_STREAM = re.compile(rb": [a-z ]+\nretry: ([0-9]+)\n\n")


def told_when(reply: Reply) -> int:
    """Check that the reply is a stream that ends at once, and return after how many milliseconds to ask again."""
    assert (reply.status, reply.header("Content-Type")) == (200, "text/event-stream"), str(reply)
    assert (reply.header("Cache-Control"), reply.header("X-Accel-Buffering")) == ("no-store", "no")
    assert reply.header("X-Served-By") == "gateway"
    assert reply.header("X-Request-Id")
    told = NOT_A_STREAM.fullmatch(reply.body)
    assert told, str(reply)
    assert 2_000 <= int(told[1]) <= 30_000
    return int(told[1])


def at(url: str) -> str:
    return urlsplit(url).netloc


@pytest.fixture(scope="module")
def deserted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpClient]:
    """A gateway behind which nobody is."""
    with nginxes.gateway(tmp_path_factory.mktemp("deserted")) as url, HttpClient(url) as client:
        yield client


def test_while_nobody_is_there_all_are_told_to_come_again_at_different_times(deserted: HttpClient) -> None:
    retries = [told_when(deserted.get(f"{EVENTS}?ids=1", {"Last-Event-ID": "x"})) for _ in range(50)]
    assert len({retry // 1000 for retry in retries}) > 5, retries
    head = deserted.request("HEAD", EVENTS)
    assert (head.status, head.header("Content-Type"), head.body) == (200, "text/event-stream", b"")


def test_what_is_wrong_about_the_request_stays_a_problem(deserted: HttpClient) -> None:
    reply = deserted.request("POST", EVENTS)
    assert_problem(reply, 405, "method-not-allowed")
    assert reply.header("Allow") == "GET, HEAD"
    assert_problem(deserted.get(f"{EVENTS}?q=\xff".encode("latin-1")), 400, "invalid-parameter")
    assert_problem(deserted.get(f"{EVENTS}?ids={'1,' * 5000}1"), 414, "invalid-parameter")
    assert_problem(deserted.get(EVENTS, {"Content-Length": str(2**21)}), 413, "invalid-body", {"body"})
    assert deserted.get(EVENTS.removesuffix("/")).status == 308
    assert_problem(deserted.get("/fastapi/readyz"), 502, "unavailable")


def test_a_wrong_query_is_a_problem_of_the_service(gateway: HttpClient) -> None:
    reply = gateway.get(f"{EVENTS}?ids=x&limit=1")
    assert_problem(reply, 400, "invalid-parameter", {"ids", "limit"})
    assert reply.header("X-Served-By") == "api-fastapi"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_what_a_service_cannot_answer_now_is_told_too(status: int, tmp_path: Path) -> None:
    with (
        nginxes.ordinary(tmp_path, ports.free_base(), f"return {status};") as failing,
        nginxes.gateway(tmp_path, at(failing)) as url,
        HttpClient(url) as client,
    ):
        told_when(client.get(EVENTS))


@pytest.mark.long
def test_a_service_that_hangs_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        service = f"127.0.0.1:{hanging.getsockname()[1]}"
        with nginxes.gateway(tmp_path, service) as url, HttpClient(url, timeout=90) as client:
            told_when(client.get(EVENTS))


def test_beyond_the_rate_a_stream_is_told_to_come_again_and_the_rest_is_refused(tmp_path: Path) -> None:
    """The service says 404, so a stream that is within the rate is none."""
    with (
        nginxes.ordinary(tmp_path, ports.free_base(), "return 404;") as service,
        nginxes.gateway(tmp_path, at(service), GATEWAY_RATE_LIMIT="1") as limited,
        HttpClient(limited) as client,
    ):

        def refused() -> list[Reply]:
            return [reply for reply in [client.get(EVENTS)] if reply.status != 404]

        [reply] = until(refused, what="the allowance is used up")
        told_when(reply)
        until(lambda: client.get("/nothing").status == 429, what="another route is refused")


def forwarded(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


def streams(url: str, stack: ExitStack, headers: Headers, count: int) -> list[Stream]:
    """Open so many streams, each of which has begun."""
    return [stack.enter_context(closing(Stream(url, headers=headers).begun())) for _ in range(count)]


def test_a_client_has_so_many_streams_and_an_ipv6_network_is_one_client(url: str, tmp_path: Path) -> None:
    settings = {"GATEWAY_EVENT_STREAMS_PER_ADDRESS": "2", "TRUSTED_PROXIES": "127.0.0.1"}
    with nginxes.gateway(tmp_path, at(url), **settings) as limited, HttpClient(limited) as client, ExitStack() as stack:
        streams(limited, stack, forwarded("192.0.2.1"), 2)
        [first, _] = streams(limited, stack, forwarded("2001:db8::1"), 2)
        for address in ("192.0.2.1", "2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:0:1::"):
            told_when(client.get(EVENTS, forwarded(address)))
        for address in ("192.0.2.2", "2001:db8:0:1::1", "2001:db8:1::1", "::ffff:192.0.2.3"):
            streams(limited, stack, forwarded(address), 1)
        assert client.get("/livez", forwarded("192.0.2.1")).status == 200
        first.close()

        def room() -> bool:
            with closing(Stream(limited, headers=forwarded("2001:db8::3"))) as another:
                return another.served_by != "gateway"

        until(room, what="who has left makes room")


def test_whose_stream_it_is_says_only_a_trusted_proxy(url: str, tmp_path: Path) -> None:
    settings = {"GATEWAY_EVENT_STREAMS_PER_ADDRESS": "1"}
    with nginxes.gateway(tmp_path, at(url), **settings) as limited, HttpClient(limited) as client, ExitStack() as stack:
        streams(limited, stack, forwarded("192.0.2.1"), 1)
        told_when(client.get(EVENTS, forwarded("192.0.2.2")))


def test_without_a_limit_a_client_has_as_many_as_it_likes(url: str, tmp_path: Path) -> None:
    settings = {"GATEWAY_EVENT_STREAMS_PER_ADDRESS": "0"}
    with nginxes.gateway(tmp_path, at(url), **settings) as unlimited, ExitStack() as stack:
        streams(unlimited, stack, {}, 20)


def test_an_ordinary_nginx_in_front_passes_each_event_at_once(
    url: str, tmp_path: Path, database: psycopg.Connection
) -> None:
    row = database.execute("INSERT INTO items (name, description, price) VALUES ('A', '', 1) RETURNING id").fetchone()
    assert row is not None
    with (
        nginxes.in_front_of(url, tmp_path, ports.free_base()) as front,
        closing(Stream(front, f"?ids={row[0]}").joined()) as stream,
    ):
        for number in range(5):
            database.execute("UPDATE items SET name = %s WHERE id = %s", (f"{number}", row[0]))
            assert stream.event()[1]["name"] == f"{number}"
