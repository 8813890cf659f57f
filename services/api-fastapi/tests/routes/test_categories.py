"""The categories and their counts."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from api_fastapi.routes.schemas import Category
from pydantic import TypeAdapter
from tests.running import Service, eventually, running

from tests.conftest import MakeItem


def count(service: Service, slug: str) -> int | None:
    """Return the count that the service shows for a category, None where it shows none."""
    found = [row["count"] for row in service.ask("/api/categories/").json() if row["slug"] == slug]
    return found[0] if found else None


def test_every_category_is_there_with_its_count(service: Service, make_item: MakeItem, category: str) -> None:
    assert count(service, category) == 0
    make_item()
    make_item()
    assert count(service, category) == 2


def test_categories_are_ordered_by_slug_and_compact(service: Service, category: str) -> None:
    answer = service.ask("/api/categories/")
    rows = TypeAdapter(list[Category]).validate_json(answer.body, strict=True)
    assert [row.slug for row in rows] == sorted(row.slug for row in rows)
    assert f'{{"slug":"{category}","name":"A test\'s own","count":0}}'.encode() in answer.body
    assert answer.headers["etag"].strip('"').isalnum()
    head = service.ask("/api/categories/", "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", answer.headers["content-length"])


def test_counts_are_kept_for_their_time_and_no_longer(database_url: str, make_item: MakeItem, category: str) -> None:
    with running(database_url, CATEGORY_COUNTS_MAX_AGE_SECONDS="3") as service:
        assert count(service, category) == 0
        make_item()
        assert count(service, category) == 0
        eventually(lambda: count(service, category) == 1)


def test_only_counts_are_kept_not_names(
    database_url: str, writer: psycopg.Connection[Any], make_item: MakeItem, category: str
) -> None:
    make_item()
    with running(database_url, CATEGORY_COUNTS_MAX_AGE_SECONDS="60") as service:
        assert count(service, category) == 1
        writer.execute("UPDATE categories SET name = 'New' WHERE slug = %s", [category])
        writer.execute("INSERT INTO categories (slug, name) VALUES (%s, 'Newer')", [category + "-2"])
        body = service.ask("/api/categories/").body.decode()
        assert f'{{"slug":"{category}","name":"New","count":1}}' in body
        assert f'{{"slug":"{category}-2","name":"Newer","count":0}}' in body


def test_all_who_ask_at_once_share_one_count(
    database_url: str, writer: psycopg.Connection[Any], make_item: MakeItem
) -> None:
    make_item()
    # A lock makes counting take as long as the test likes; to see who waits for it, another connection looks.
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'items'::regclass"
    with (
        running(database_url, DATABASE_STATEMENT_TIMEOUT_MS="60000") as service,
        ThreadPoolExecutor(8) as pool,
        psycopg.connect(os.environ["TRIPTYCH_DATABASE_URL"]) as locker,
    ):
        locker.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
        answers = [pool.submit(service.ask, "/api/categories/") for _ in range(8)]
        eventually(lambda: writer.execute(waiting).fetchone() == (1,))
        assert service.ask("/livez").status == 200
        assert writer.execute(waiting).fetchone() == (1,)
        locker.rollback()
        assert {answer.result().status for answer in answers} == {200}
