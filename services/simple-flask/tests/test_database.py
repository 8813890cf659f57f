"""The mirror of the tables, and what happens when the database is away."""

import os
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask
from simple_flask import settings
from simple_flask.database import Category, Item, db
from sqlalchemy import inspect, make_url


@pytest.mark.parametrize("model", [Item, Category])
def test_the_mirror_is_like_the_table(app: Flask, model: Any) -> None:
    with app.app_context():
        actual = {column["name"]: column for column in inspect(db.engine).get_columns(model.__tablename__)}
        for column in model.__table__.columns:
            found = actual[column.name]
            assert isinstance(found["type"], type(column.type)), column.name
            for property in ("length", "precision", "scale", "timezone"):
                assert getattr(column.type, property, None) == getattr(found["type"], property, None), column.name
            assert column.nullable == found["nullable"], column.name


@pytest.mark.parametrize(
    "path", ["/api/items/", "/api/items/1/", "/api/categories/", "/api/tasks/exports/items.csv", "/readyz"]
)
def test_a_database_that_is_away_is_unavailable_within_two_seconds(
    make_app: Callable[..., Flask], assert_problem: Callable[..., Any], path: str
) -> None:
    client = make_app(SQLALCHEMY_DATABASE_URI="postgresql+psycopg://nobody:secret@127.0.0.1:1/nothing").test_client()
    begun = time.monotonic()
    response = client.get(path)
    assert time.monotonic() - begun < 2.5
    assert_problem(response, 503, "unavailable")
    assert response.headers["Retry-After"] == "1"
    assert client.get("/livez").status_code == 200


def test_the_first_request_after_every_connection_was_cut_works(make_app: Callable[..., Flask], unique: Any) -> None:
    name = unique()
    options = settings.from_environment()["SQLALCHEMY_ENGINE_OPTIONS"]
    options["connect_args"]["application_name"] = name
    client = make_app(SQLALCHEMY_ENGINE_OPTIONS=options).test_client()
    assert client.get("/api/items/").status_code == 200
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as same_role:
        cut = same_role.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s", (name,)
        ).fetchall()
    assert cut == [(True,)]
    assert client.get("/api/items/").status_code == 200


def test_a_read_holds_no_transaction_open(app: Flask) -> None:
    with app.app_context():
        query = db.text("SELECT state, xact_start = query_start FROM pg_stat_activity WHERE pid = pg_backend_pid()")
        first = db.session.execute(db.text("SELECT now()")).scalar_one()
        assert db.session.execute(query).one() == ("active", True)
        assert db.session.execute(db.text("SELECT now()")).scalar_one() > first


def test_times_are_in_utc_whatever_the_database_prefers(app: Flask) -> None:
    with app.app_context():
        zone = db.session.execute(db.text("SELECT setting, source FROM pg_settings WHERE name = 'TimeZone'")).one()
        assert zone == ("UTC", "client")


def test_a_database_that_is_not_migrated_is_unavailable(
    make_app: Callable[..., Flask], assert_problem: Callable[..., Any]
) -> None:
    empty = make_url(os.environ["TRIPTYCH_SUPERUSER_DATABASE_URL"]).set(
        drivername="postgresql+psycopg", database="postgres"
    )
    client = make_app(SQLALCHEMY_DATABASE_URI=empty).test_client()
    assert_problem(client.get("/api/items/"), 503, "unavailable")


def test_a_statement_that_takes_too_long_is_stopped(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, assert_problem: Callable[..., Any]
) -> None:
    monkeypatch.setenv("DATABASE_STATEMENT_TIMEOUT_MS", "50")
    app = make_app()

    @app.get("/slow")
    def slow() -> str:
        return str(db.session.execute(db.text("SELECT pg_sleep(30)")).scalar())

    assert_problem(app.test_client().get("/slow"), 504, "unavailable")


def test_a_pool_without_a_free_connection_is_unavailable(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, assert_problem: Callable[..., Any]
) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "1")
    app = make_app()
    with app.app_context(), db.engine.connect():
        begun = time.monotonic()
        assert_problem(app.test_client().get("/api/items/"), 503, "unavailable")
        assert time.monotonic() - begun < 10


def test_several_servers_may_be_named_of_which_the_one_that_takes_writes_is_asked(
    monkeypatch: pytest.MonkeyPatch, make_app: Callable[..., Flask]
) -> None:
    url = os.environ["TRIPTYCH_SIMPLE_FLASK_DATABASE_URL"]
    here = f"{make_url(url).host}:{make_url(url).port}"
    monkeypatch.setenv("DATABASE_URL", url.replace(here, f"127.0.0.1:1,{here}") + "?target_session_attrs=read-write")
    assert make_app().test_client().get("/api/items/?limit=1").status_code == 200
