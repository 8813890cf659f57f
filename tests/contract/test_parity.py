"""The three frameworks answer generated requests as the oracle says, and so as each other."""

import itertools
import json
import re
from dataclasses import replace
from urllib.parse import quote

import psycopg
import pytest

from tests.contract.comparison import differences
from tests.contract.conftest import SEED
from tests.contract.fixtures import Fixtures, read
from tests.contract.generated import Generator, Request
from tests.contract.oracle import answer
from tests.http_client import HttpClient
from tests.wait import until

# Well above two thousand in all in the long run; a quarter of them otherwise.
KINDS = [
    ("lists", 200),
    ("pages", 200),
    ("pages of a price range", 200),
    ("searches", 250),
    ("ill-formed parameters", 250),
    ("odd pieces", 250),
    ("cursors of elsewhere", 60),
    ("made-up cursors", 800),
    ("rewritten cursors", 150),
    ("damaged cursors", 120),
    ("items", 100),
    ("conditions", 250),
    ("methods", 60),
    ("paths", 100),
]


def ask(request: Request, frameworks: dict[str, HttpClient], fixtures: Fixtures) -> list[str]:
    """Return what is wrong with the three answers to the request."""
    expected = answer(request.method, request.target, request.if_none_match, fixtures.catalogue)
    headers = {} if request.if_none_match is None else {"If-None-Match": request.if_none_match}
    return [
        f"{service} {request}: {difference}"
        for service, client in frameworks.items()
        for difference in differences(
            expected, client.request(request.method, request.target, headers), service, request.method
        )
    ]


def check(kind: str, count: int, frameworks: dict[str, HttpClient], fixtures: Fixtures) -> None:
    generator = Generator(fixtures, SEED)
    wrong = [line for _ in range(count) for line in ask(generator.request(kind), frameworks, fixtures)]
    assert not wrong, f"{len(wrong)} differences (seed {SEED}):\n" + "\n".join(wrong[:40])


@pytest.mark.parametrize(("kind", "count"), KINDS)
def test_generated_requests_have_one_answer(
    kind: str, count: int, frameworks: dict[str, HttpClient], fixtures: Fixtures
) -> None:
    check(kind, count // 4, frameworks, fixtures)


@pytest.mark.long
@pytest.mark.parametrize(("kind", "count"), KINDS)
def test_many_generated_requests_have_one_answer(
    kind: str, count: int, frameworks: dict[str, HttpClient], fixtures: Fixtures
) -> None:
    check(kind, count, frameworks, fixtures)


@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name", "price", "-price", "updated_at", "-updated_at"])
@pytest.mark.parametrize("limit", [7, 50])
def test_each_page_of_a_walk_may_be_asked_of_another_framework(
    sort: str, limit: int, frameworks: dict[str, HttpClient], fixtures: Fixtures
) -> None:
    expected = answer(
        "GET", f"/api/items/?q={fixtures.marker}&sort={sort}&limit=200".encode(), None, fixtures.catalogue
    )
    assert expected.body is not None
    seen = []
    target = f"?q={fixtures.marker}&sort={sort}&limit={limit}"
    for client in itertools.cycle(frameworks.values()):
        reply = client.get(f"/api/items/{target}")
        seen += reply.json()
        link = re.fullmatch(r'<(\?[!-~]+)>; rel="next"', reply.header("Link") or "")
        if link is None:
            break
        target = link[1]
    assert seen == json.loads(expected.body)


def test_searches_in_scripts_beyond_the_oracle_are_answered_alike(
    frameworks: dict[str, HttpClient], fixtures: Fixtures
) -> None:
    # Whether a combining vowel sign is a letter is the database's business; that all ask it the same is ours.
    for q in ["हिन्दी", "ภาษาไทย", "தமிழ்", "½", "Ⅷ", "ⅷ", "🅰", "x²", "क\u094d\u200dष", "\u0345", "ʰ", "ª"]:
        target = f"/api/items/?q={quote(q)}&sort=-id&max_price=0.00"
        replies = {(reply.status, reply.body) for reply in (client.get(target) for client in frameworks.values())}
        assert len(replies) == 1, f"{q}: {replies}"


def test_categories_are_the_same_bytes_with_counts_not_older_than_a_minute(
    frameworks: dict[str, HttpClient], database: psycopg.Connection, fixtures: Fixtures
) -> None:
    def wrong() -> list[str]:
        catalogue = read(database, fixtures.marker, fixtures.categories)
        tag = answer("GET", b"/api/categories/", None, catalogue).etag
        requests = [
            Request(method, b"/api/categories/", condition)
            for method in ("GET", "HEAD")
            for condition in (None, tag, f"W/{tag}", "*", '"other"')
        ]
        asked = replace(fixtures, catalogue=catalogue)
        return [line for request in requests for line in ask(request, frameworks, asked)]

    last: list[str] = ["never asked"]

    def right() -> bool:
        last[:] = wrong()
        return not last

    try:
        until(right, within=75, what="three equal and true answers")
    except AssertionError as error:
        raise AssertionError("\n".join(last[:20])) from error


def test_a_category_made_a_moment_ago_is_listed_though_counts_may_be_older(
    frameworks: dict[str, HttpClient], database: psycopg.Connection, fixtures: Fixtures
) -> None:
    slug = f"{fixtures.marker}-new"
    for client in frameworks.values():
        client.get("/api/categories/")
    database.execute("INSERT INTO categories (slug, name) VALUES (%s, 'New')", (slug,))
    for service, client in frameworks.items():
        found = {category["slug"] for category in client.get("/api/categories/").json()}
        assert slug in found, service
