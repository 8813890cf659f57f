"""Liveness and readiness."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from simple_flask import health


def test_livez_says_ok(client: FlaskClient) -> None:
    response = client.get("/livez")
    assert (response.status_code, response.data) == (200, b'{"status":"ok"}')
    assert response.headers["Cache-Control"] == "no-store"


def test_readyz_says_ready_when_the_schema_is_there(client: FlaskClient) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.data) == (200, b'{"status":"ready"}')


def test_readyz_names_the_migration_that_is_missing(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, assert_problem: Any
) -> None:
    monkeypatch.setattr(health, "REQUIRED_MIGRATION", "9999_from_the_future")
    assert "catalog.9999_from_the_future" in assert_problem(client.get("/readyz"), 503, "unavailable")["detail"]
