import pytest
from django.db import connection
from django.test import Client

from tests.make import assert_problem


def test_it_lives_without_a_database(client: Client) -> None:
    response = client.get("/livez")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_it_is_ready_when_every_migration_is_applied(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.django_db
def test_it_is_not_ready_when_a_migration_is_missing(client: Client) -> None:
    with connection.cursor() as cursor:  # a view of one's own comes before that of the schema
        cursor.execute("CREATE TEMPORARY VIEW applied_migrations AS SELECT 'auth' AS app, '0001_initial' AS name")
    response = client.get("/readyz")
    assert_problem(response, 503, "unavailable")
    assert "catalog.0001_initial" in response.json()["detail"]
