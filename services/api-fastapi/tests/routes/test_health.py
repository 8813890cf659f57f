"""Liveness and readiness."""

from typing import Any

import psycopg
from api_fastapi.routes import health
from psycopg.conninfo import conninfo_to_dict
from tests.running import Line, Service, running


def test_a_service_on_a_migrated_database_is_alive_and_ready(service: Service) -> None:
    for path, body in (("/livez", b'{"status":"ok"}'), ("/readyz", b'{"status":"ready"}')):
        answer = service.ask(path)
        assert (answer.status, answer.body) == (200, body)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        assert service.ask(path, "HEAD").status == 200


def test_without_the_database_it_lives_and_is_not_ready(database_url: str) -> None:
    nowhere = Line("127.0.0.1", 1).port
    host = conninfo_to_dict(database_url)["host"]
    port = conninfo_to_dict(database_url)["port"]
    with running(database_url.replace(f"{host}:{port}", f"127.0.0.1:{nowhere}")) as service:
        assert service.ask("/livez").status == 200
        answer = service.ask("/readyz")
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["type"] == "urn:triptych:problem:unavailable"
        assert "does not answer" in answer.json()["detail"]


def test_the_required_migration_is_a_newest_one_that_exists(writer: psycopg.Connection[Any]) -> None:
    assert writer.execute(
        "SELECT name FROM applied_migrations WHERE app = 'catalog' AND name = %s", [health.REQUIRED_MIGRATION]
    ).fetchone()
