"""api-fastapi has several ways to answer a read: each answers as the oracle says."""

import os
import re
from collections.abc import Iterator

import pytest

from tests.contract.comparison import differences
from tests.contract.conftest import SEED
from tests.contract.fixtures import Fixtures
from tests.contract.generated import Generator, Request
from tests.contract.oracle import answer
from tests.http_client import HttpClient

pytestmark = pytest.mark.native  # the service itself is asked: the gateway keeps responses, and hands requests on alike

KINDS = ["lists", "pages", "pages of a price range", "searches", "items", "conditions", "odd pieces", "methods"]
# Which headers lead where: read by the server's protocol, from the database and then from the cache; read by the
# middleware, from the cache; read from the database, past the cache.
WAYS = {"plain": {}, "plain again": {}, "another header": {"X-Else": "1"}, "no cache": {"Cache-Control": "no-cache"}}


@pytest.fixture(scope="module")
def service() -> Iterator[HttpClient]:
    """A client of the service itself."""
    with HttpClient(os.environ["TRIPTYCH_FASTAPI_URL"]) as client:
        yield client


def wrong(request: Request, service: HttpClient, fixtures: Fixtures) -> list[str]:
    """Return what is wrong with the responses to a request in every way, and to the page that its Link names."""
    expected = answer(request.method, request.target, request.if_none_match, fixtures.catalogue)
    lines: list[str] = []
    # raw bytes beyond ASCII are the gateway's to refuse, in its own words
    if not request.target.isascii():
        return lines
    conditions = [request.if_none_match] + ([expected.etag] if expected.etag and not request.if_none_match else [])
    for condition in conditions:
        expected = answer(request.method, request.target, condition, fixtures.catalogue)
        for way, headers in WAYS.items():
            sent = headers if condition is None else {**headers, "If-None-Match": condition}
            reply = service.request(request.method, request.target, sent)
            found = differences(expected, reply, "api-fastapi", request.method)
            lines += [f"{way} {request} {condition}: {difference}" for difference in found]
    link = re.fullmatch(r'<(\?[!-~]+)>; rel="next"', expected.link or "")
    if link is not None and request.method == "GET":
        lines += wrong(Request("HEAD", b"/api/items/" + link[1].encode()), service, fixtures)
    return lines


def check(kind: str, count: int, service: HttpClient, fixtures: Fixtures) -> None:
    generator = Generator(fixtures, SEED)
    lines = [line for _ in range(count) for line in wrong(generator.request(kind), service, fixtures)]
    assert not lines, f"{len(lines)} differences (seed {SEED}):\n" + "\n".join(lines[:40])


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_answer_a_read_has_one_answer(kind: str, service: HttpClient, fixtures: Fixtures) -> None:
    check(kind, 40, service, fixtures)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_answer_many_reads_has_one_answer(kind: str, service: HttpClient, fixtures: Fixtures) -> None:
    check(kind, 400, service, fixtures)
