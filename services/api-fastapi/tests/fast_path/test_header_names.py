"""The names of headers are spelled as the other services' are, whichever way an answer leaves."""

import re
import socket
from collections.abc import Iterator

import pytest
from tests.events.follower import PATH, Follower
from tests.running import Answer, Service, eventually, running

from tests.conftest import MakeItem

ODDLY_SPELLED = {"etag": "ETag", "www-authenticate": "WWW-Authenticate"}


@pytest.fixture(scope="module")
def worker(database_url: str) -> Iterator[Service]:
    """A service that has a cache."""
    with running(database_url, CACHE_MEMORY_MB="8") as service:
        eventually(lambda: service.ask("/readyz").status == 200)
        yield service


def misspelled(names: list[str]) -> list[str]:
    return [name for name in names if name != ODDLY_SPELLED.get(name.lower(), name.title())]


def test_every_answer_spells_them_so(worker: Service, make_item: MakeItem, category: str) -> None:
    item = make_item()
    make_item()
    answers: list[Answer] = []
    for target in (
        *(f"/api/items/{item}/", f"/api/items/?category={category}&limit=1", "/api/categories/", "/livez", "/readyz"),
        *("/api/items/0/", f"/api/items/{2**63 - 1}/", "/api/items/?limit=0", "/nothing"),
    ):
        for _ in range(2):  # from the database, and past the parser from the cache
            answers.append(worker.ask(target))
        answers.append(worker.ask(target, "HEAD"))
        answers.append(worker.ask(target, "POST"))
        answers.append(worker.ask(target, headers=[("If-None-Match", "*")]))
        answers.append(worker.ask(target, headers=[("Cache-Control", "no-cache")]))
        answers.append(worker.ask(target, headers=[("Connection", "close")]))
    answers.append(worker.ask(PATH, "HEAD"))
    answers.append(worker.ask(f"{PATH}?x"))
    for answer in answers:
        assert misspelled(answer.headers.keys()) == [], str(answer.headers)
    assert {answer.status for answer in answers} == {200, 304, 400, 404, 405}
    with Follower(worker.port) as follower:
        assert misspelled(follower.headers.keys()) == []


def test_what_is_no_request_is_answered_in_the_same_spelling(worker: Service) -> None:
    with socket.create_connection(("127.0.0.1", worker.port), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nA B: 1\r\n\r\n")
        head = b""
        while more := connection.recv(65536):
            head += more
    names = re.findall(r"^([^:\r\n]+): ", head.decode().partition("\r\n\r\n")[0], re.MULTILINE)
    assert "X-Served-By" in names
    assert misspelled(names) == []
