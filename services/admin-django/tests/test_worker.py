"""How gunicorn gives its threads away, with one thread for everything but logins."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from tests.identities import access_token, bearer, make_user
from tests.make import unique
from tests.test_rotation import SERVICE, answers, until

GUESSERS = 40


@pytest.fixture
def process(committed: None) -> Iterator[tuple[str, int]]:
    """The URL of the service, as gunicorn runs it, and its process's id."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"]
    environment = {**os.environ, "BIND": bind, "WEB_THREADS": "1", "LOG_LEVEL": "CRITICAL"}
    started = subprocess.Popen(command, cwd=SERVICE, env=environment)
    try:
        until(lambda: answers(f"http://{bind}"))
        yield f"http://{bind}", started.pid
    finally:
        started.terminate()
        started.wait(30)


def log_in(url: str, source: str) -> httpx.Response:
    """Try a random name, from an address of this machine."""
    transport = httpx.HTTPTransport(local_address=source)
    with httpx.Client(base_url=url, transport=transport, timeout=120) as client:
        return client.post("/api/auth/token/", json={"username": unique("nobody"), "password": "wrong"})


def test_probes_and_writes_do_not_wait_for_those_who_guess(process: tuple[str, int]) -> None:
    """Guessers come again as soon as they are answered: before any of this was so, they had every thread, for ever."""
    url, _ = process
    token = bearer(access_token(make_user("editor")))
    served: list[int] = []
    with httpx.Client(base_url=url, timeout=120) as client, ThreadPoolExecutor(GUESSERS) as guessers:

        def guess(number: int) -> list[int]:
            statuses = []
            while len(served) < 10:
                statuses.append(log_in(url, f"127.0.1.{number}").status_code)
            return statuses

        guessing = [guessers.submit(guess, number) for number in range(1, GUESSERS + 1)]
        try:
            for number in range(5):
                served.append(client.get("/livez").status_code)
                made = client.post("/api/items/", json={"name": f"made {number}", "price": "1.00"}, headers=token)
                served.append(made.status_code)
        finally:
            served += [0] * 10
        answered = [status for each in guessing for status in each.result()]
    assert served[:10] == [200, 201] * 5
    assert set(answered) == {401, 503}
    # Ten answers take less time than a hash for each guesser. It is an order, not a time: a busy machine slows both.
    assert answered.count(401) < GUESSERS / 2, answered


def test_who_connects_and_says_nothing_has_no_thread(process: tuple[str, int]) -> None:
    url, _ = process
    address = urlsplit(url)
    with ExitStack() as connections:
        for _ in range(30):
            silent = socket.create_connection((address.hostname or "", address.port or 0))
            connections.enter_context(silent)
        assert httpx.get(f"{url}/livez", timeout=60).status_code == 200  # with five seconds each it was after 150


def test_a_worker_that_stops_does_not_keep_answers_back(process: tuple[str, int]) -> None:
    url, pid = process
    with ThreadPoolExecutor(200) as guessers:
        asked = [guessers.submit(log_in, url, "127.0.2.1") for _ in range(200)]
        until(lambda: sum(each.done() for each in asked) >= 60)
        os.kill(pid, signal.SIGTERM)
        for each in asked:
            error = each.exception(timeout=120)
            assert error is None or isinstance(error, httpx.ConnectError), error
