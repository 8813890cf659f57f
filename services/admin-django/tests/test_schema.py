"""What the code says of itself: migrations, checks, and the OpenAPI that is generated from it."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_the_migrations_make_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True)


def test_the_checks_have_nothing_to_say() -> None:
    call_command("check", fail_level="DEBUG")


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, Any]:
    """The paths of the OpenAPI document that `manage.py spectacular` generates, without a warning."""
    file = tmp_path / "openapi.json"
    call_command("spectacular", format="openapi-json", file=str(file), fail_on_warn=True, validate=True)
    described: dict[str, Any] = json.loads(file.read_text())["paths"]
    return described


def test_exactly_these_routes_are_described(paths: dict[str, Any]) -> None:
    assert {path: set(operations) for path, operations in paths.items()} == {
        "/api/auth/jwks.json": {"get"},
        "/api/auth/refresh/": {"post"},
        "/api/auth/token/": {"post"},
        "/api/items/": {"get", "post"},
        "/api/items/{id}/": {"get", "put", "patch", "delete"},
        "/api/items/bulk/": {"post"},
        "/api/categories/": {"get"},
    }


def test_the_parameters_are_described_with_their_bounds(paths: dict[str, Any]) -> None:
    parameters = {each["name"]: each["schema"] for each in paths["/api/items/"]["get"]["parameters"]}
    assert parameters["limit"] == {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    assert parameters["cursor"]["maxLength"] == 1024
    assert parameters["category"]["pattern"] == "^[a-z0-9-]{1,64}$"
    of_lists = {"limit", "cursor", "q", "category", "min_price", "max_price", "sort"}
    assert set(parameters) == of_lists | {"If-None-Match", "Cache-Control"}
