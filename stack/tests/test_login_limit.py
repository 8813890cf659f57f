"""The gateway's limit of logins, of a gateway that stands behind a proxy."""

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.tests.conftest import Stack
from tests.http_client import HttpClient, Reply
from tests.problems import assert_problem
from tests.wait import until

TOKEN, FORM, CHANGE = "/api/auth/token/", "/admin/login/", "/admin/password_change/"
LIMIT = 3  # and one that is under way


@pytest.fixture
def port() -> int:
    """Where the gateway will be."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def gateway(stack: Stack, tmp_path: Path, port: int) -> Iterator[HttpClient]:
    """A second gateway of the stack, which believes its client's X-Forwarded-For."""
    process = json.loads((stack.layout.run / "gateway.json").read_text())
    own = {
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_STATE": str(tmp_path),
        "GATEWAY_CACHE": str(tmp_path / "answers"),
        "GATEWAY_LOGIN_RATE_LIMIT": str(LIMIT),
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            process["command"], cwd=process["folder"], env={**process["environment"], **own}, stdout=log, stderr=log
        )
    try:
        with HttpClient(f"http://127.0.0.1:{port}") as client:
            until(lambda: client.get("/livez").status == 200, what="the gateway answers")
            yield client
    finally:
        running.terminate()
        running.wait(30)


def log_in(gateway: HttpClient, address: str, path: str = TOKEN) -> Reply:
    """Try to, without a password: nothing is hashed."""
    headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
    return gateway.request("POST", path, headers, b"{}")


def test_an_address_may_try_so_often_and_is_told_when_again(gateway: HttpClient) -> None:
    statuses = [log_in(gateway, "203.0.113.1").status for _ in range(LIMIT + 1)]
    assert statuses == [400] * (LIMIT + 1)
    refused = log_in(gateway, "203.0.113.1")
    assert_problem(refused, 429, "too-many-requests")
    assert refused.header("Retry-After") == str(60 // LIMIT)
    assert refused.header("X-Served-By") == "gateway"
    assert log_in(gateway, "203.0.113.2").status == 400
    assert gateway.get("/admin/login/", {"X-Forwarded-For": "203.0.113.1"}).status == 200


def test_every_route_that_takes_a_password_counts(gateway: HttpClient) -> None:
    for path in (TOKEN, FORM, CHANGE, FORM):
        assert log_in(gateway, "203.0.113.3", path).status != 429, path
    assert {log_in(gateway, "203.0.113.3", path).status for path in (TOKEN, FORM, CHANGE)} == {429}


def test_another_spelling_of_the_path_counts(gateway: HttpClient) -> None:
    for _ in range(LIMIT + 1):
        log_in(gateway, "203.0.113.4", "/api/auth/%74oken/")
    assert log_in(gateway, "203.0.113.4").status == 429


def test_an_ipv6_network_of_64_bits_is_one_client(gateway: HttpClient) -> None:
    """The bytes 00, 0a and ff are among them: what a pattern might stumble over."""
    for host in ("::1", "ff:a:0a0a:1", "0:0:0:0", "ffff:ffff:ffff:ffff"):
        address = f"2001:db8:0:a{host}" if host.startswith("::") else f"2001:db8:0:a:{host}"
        assert log_in(gateway, address).status == 400, address
    assert log_in(gateway, "2001:db8:0:a:1234::1").status == 429
    assert log_in(gateway, "2001:db8:0:b::1").status == 400


def test_an_ipv4_address_in_ipv6_form_is_the_ipv4_address(gateway: HttpClient) -> None:
    for _ in range(LIMIT + 1):
        log_in(gateway, "198.51.100.1")
    assert log_in(gateway, "::ffff:198.51.100.1").status == 429
    assert log_in(gateway, "::ffff:198.51.100.2").status == 400


def test_a_refusal_ends_later_even_if_the_second_turns_within_its_request(gateway: HttpClient, port: int) -> None:
    """nginx counts a rate by the clock's seconds: a request over the turn of one has two seconds' worth at once."""
    for _ in range(LIMIT + 1):
        log_in(gateway, "203.0.113.5")
    refused = until(lambda: refusal_in_pieces(port, "203.0.113.5"), "the end comes later")
    assert refused.startswith(b"HTTP/1.1 429 ")


def refusal_in_pieces(port: int, address: str) -> bytes | None:
    """Ask before the second turns and after; return the answer, or None where all of it came at once."""
    asked = f"POST {TOKEN} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {address}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(asked[:4])
        now = int(time.time())
        until(lambda: time.time() >= now + 1, what="the second turns")
        client.sendall(asked[4:])
        answer = first = client.recv(65536)
        while piece := b"" if is_whole(answer) else client.recv(65536):
            answer += piece
    return None if answer == first else answer


def is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return length is not None and len(body) == int(length[1])


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "100001"])
def test_a_limit_that_is_none_is_named(stack: Stack, value: str) -> None:
    process = json.loads((stack.layout.run / "gateway.json").read_text())
    environment = {**process["environment"], "GATEWAY_LOGIN_RATE_LIMIT": value, "GATEWAY_STATE": os.devnull}
    done = subprocess.run(
        process["command"], cwd=process["folder"], env=environment, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 1
    assert f"GATEWAY_LOGIN_RATE_LIMIT must be a whole number from 1 to 100000, not '{value}'" in done.stderr
