"""Two at the same time: the second waits for the first, and then knows what the first did."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.make import make_item, unique

JSON = "application/json"
T = TypeVar("T")


@pytest.fixture
def first(committed: None, user: User) -> Iterator[psycopg.Connection]:
    """A connection of another process, which has claimed the user's key `twins` and is still at work."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as first:
        first.execute(
            "INSERT INTO idempotency_keys (principal, key, request_digest, status, headers, body)"
            " VALUES (%s, 'twins', 'another request', 200, '{}', '')",
            [str(user.pk)],
        )
        yield first


@pytest.mark.parametrize(("end", "status"), [("commit", 422), ("rollback", 201)])
def test_a_twin_waits_until_the_first_is_over(first: psycopg.Connection, editor: Client, end: str, status: int) -> None:
    sent, headers = {"name": "twin", "price": "1.00"}, {"Idempotency-Key": "twins"}
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(alone, lambda: editor.post("/api/items/", sent, JSON, headers=headers).status_code)
        try:
            until_somebody_waits_for(first)
        finally:
            getattr(first, end)()
        assert answer.result(timeout=10) == status


def test_a_change_waits_for_the_one_before_and_then_loses(committed: None, editor: Client) -> None:
    item = make_item()
    headers = {"If-Match": f'"{item.version}"'}
    path = f"/api/items/{item.id}/"
    with psycopg.connect(os.environ["DATABASE_URL"]) as first, ThreadPoolExecutor() as pool:
        first.execute("UPDATE items SET price = 2 WHERE id = %s", [item.id])
        answer = pool.submit(alone, lambda: editor.patch(path, {"price": "3.00"}, JSON, headers=headers).status_code)
        try:
            until_somebody_waits_for(first)
        finally:
            first.commit()
        assert answer.result(timeout=10) == 412
    item.refresh_from_db(fields=["price"])
    assert item.price == 2


def test_who_waits_in_a_ring_is_run_again(committed: None, editor: Client) -> None:
    sku, item = unique("S"), make_item()
    path, key = f"/api/items/{item.id}/", {"Idempotency-Key": unique("k")}
    superuser, database = os.environ["TRIPTYCH_SUPERUSER_DATABASE_URL"], connection.settings_dict["NAME"]
    # looks for a ring so late that it is the other one whom Postgres fails; only a superuser may set that
    patient = {"dbname": database, "options": "-c deadlock_timeout=60s"}
    with psycopg.connect(superuser, **patient) as first, ThreadPoolExecutor() as pool:
        first.execute("INSERT INTO items (name, description, price, sku) VALUES ('ring', '', 1, %s)", [sku])
        answer = pool.submit(alone, lambda: editor.patch(path, {"sku": sku}, JSON, headers=key).status_code)
        until_somebody_waits_for(first)
        first.execute("UPDATE items SET price = 2 WHERE id = %s", [item.id])  # waits for the other one
        first.rollback()
        assert answer.result(timeout=10) == 200


def alone(work: Callable[[], T]) -> T:
    """Return the result of `work` in a thread, whose connection is closed then."""
    try:
        return work()
    finally:
        connection.close()


def until_somebody_waits_for(first: psycopg.Connection) -> None:
    """Wait until another connection waits for this one."""
    pause = threading.Event()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as watcher:
        for _ in range(1000):
            row = watcher.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))", [first.info.backend_pid]
            ).fetchone()
            if row and row[0]:
                return
            pause.wait(0.01)
    raise AssertionError("nobody waits")
