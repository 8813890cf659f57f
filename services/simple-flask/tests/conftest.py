"""An application on a migrated database, and what its tests share.

TRIPTYCH_SIMPLE_FLASK_DATABASE_URL connects as simple_flask, the service's own role; TRIPTYCH_DATABASE_URL as
admin_django, which makes the rows. Tests share the database: each makes its own rows, and finds them by a word, slug
or id that no other has.
"""

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from simple_flask import create_app
from simple_flask.database import db

os.environ["DATABASE_URL"] = os.environ["TRIPTYCH_SIMPLE_FLASK_DATABASE_URL"]

MakeApp = Callable[..., Flask]
AssertProblem = Callable[..., dict[str, Any]]


@pytest.fixture
def make_app() -> Iterator[MakeApp]:
    """Make an application with overrides; its connections are closed after the test."""
    apps: list[Flask] = []

    def make(**overrides: Any) -> Flask:
        apps.append(create_app({"CATEGORY_COUNTS_MAX_AGE_SECONDS": 0} | overrides))
        return apps[-1]

    yield make
    for app in apps:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """The application as it is configured by default, but for categories that are counted every time."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the application."""
    return app.test_client()


@pytest.fixture(scope="session")
def admin() -> Iterator[psycopg.Connection[Any]]:
    """A connection as admin_django, which may write items and categories."""
    with psycopg.connect(os.environ["TRIPTYCH_DATABASE_URL"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def unique() -> Callable[[], str]:
    """Return a word that is nowhere in the database."""
    return lambda: "w" + uuid.uuid4().hex


@pytest.fixture
def new_item(admin: psycopg.Connection[Any]) -> Callable[..., int]:
    """Insert an item and return its id."""

    def insert(
        name: str = "Item",
        description: str = "",
        price: str = "1.00",
        sku: str | None = None,
        category: str | None = None,
    ) -> int:
        row = admin.execute(
            "INSERT INTO items (name, description, price, sku, category) VALUES (%s, %s, %s, %s, %s) RETURNING id",
            (name, description, price, sku, category),
        ).fetchone()
        assert row is not None
        return int(row[0])

    return insert


@pytest.fixture
def new_category(admin: psycopg.Connection[Any], unique: Callable[[], str]) -> Callable[..., str]:
    """Insert a category and return its slug."""

    def insert(name: str = "Category") -> str:
        slug = unique()
        admin.execute("INSERT INTO categories (slug, name) VALUES (%s, %s)", (slug, name))
        return slug

    return insert


@pytest.fixture
def assert_problem() -> AssertProblem:
    """Assert that a response is a problem of this status and type that names these fields; return its body."""

    def check(response: Any, status: int, kind: str, fields: set[str] | None = None) -> dict[str, Any]:
        assert response.status_code == status, response.get_data(as_text=True)
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Served-By"] == "simple-flask"
        assert response.headers["X-Request-Id"]
        body: dict[str, Any] = response.get_json(force=True)
        assert body["type"] == f"urn:triptych:problem:{kind}"
        assert body["status"] == status
        assert body["title"] and body["detail"]
        if fields is None:
            assert set(body) == {"type", "title", "status", "detail"}
        else:
            errors: Mapping[str, list[str]] = body["errors"]
            assert set(errors) == fields
            assert all(messages and all(messages) for messages in errors.values())
        return body

    return check
