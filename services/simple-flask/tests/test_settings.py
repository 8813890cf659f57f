"""Settings come from the environment, and a mistake in them is named."""

import pytest
from simple_flask import create_app
from triptych_shared.settings import SettingsError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://a:b@c/d"),
        ("DATABASE_POOL_SIZE", "0"),
        ("DATABASE_STATEMENT_TIMEOUT_MS", "soon"),
        ("CATEGORY_COUNTS_MAX_AGE_SECONDS", "-1"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        create_app()


def test_settings_reach_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "3")
    monkeypatch.setenv("DATABASE_STATEMENT_TIMEOUT_MS", "1234")
    options = create_app().config["SQLALCHEMY_ENGINE_OPTIONS"]
    assert options["pool_size"] == 3
    assert "statement_timeout=1234" in options["connect_args"]["options"]


def test_overrides_come_after_the_environment() -> None:
    assert create_app({"MAX_CONTENT_LENGTH": 7}).config["MAX_CONTENT_LENGTH"] == 7


def test_starting_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """gunicorn makes the application before it forks: a connection made there would be shared by the workers."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/nothing")
    create_app()
