import os
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.test import Client

from tests.make import assert_problem


@pytest.fixture
def superuser(django_db_setup: None) -> Iterator[psycopg.Connection]:
    """Connect as the superuser to the tests' database, outside the test's transaction."""
    url = os.environ["TRIPTYCH_SUPERUSER_DATABASE_URL"]
    with psycopg.connect(url, dbname=settings.DATABASES["default"]["NAME"], autocommit=True) as connection:
        yield connection


def test_it_lives_without_a_database(client: Client) -> None:
    response = client.get("/livez")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_is_only_read(path: str, method: str) -> None:
    response = Client(enforce_csrf_checks=True).generic(method, path)
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.django_db
def test_it_is_ready_when_every_migration_is_applied(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.django_db
def test_it_is_not_ready_when_a_migration_is_missing(client: Client, superuser: psycopg.Connection) -> None:
    recorded = superuser.execute(
        "DELETE FROM django_migrations WHERE app = 'catalog' RETURNING app, name, applied"
    ).fetchall()
    try:
        response = client.get("/readyz")
    finally:
        with superuser.cursor() as cursor:
            cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", recorded)
    assert_problem(response, 503, "unavailable")
    assert "catalog.0001_initial" in response.json()["detail"]
