"""What FastAPI and Django REST framework generate from their code tells the same as the contract."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.compatibility import differences, operations
from tests.contract.document import contract

ROOT = Path(__file__).resolve().parents[2]
STREAM = ("/api/items/events/", "get")  # api-fastapi alone has it
READS = [("/api/items/", "get"), ("/api/items/{id}/", "get"), ("/api/categories/", "get")]
ANSWERED = {"api-fastapi": [*READS, STREAM], "admin-django": READS}

FASTAPI = """
import json
from api_fastapi.main import create_app
from api_fastapi.settings import Settings
print(json.dumps(create_app(Settings.from_environment()).openapi()))
"""
GENERATORS = {
    "api-fastapi": [sys.executable, "-c", FASTAPI],
    "admin-django": [sys.executable, "manage.py", "spectacular", "--format", "openapi-json"],
}


def generated(service: str) -> dict[str, Any]:
    """Return the document that the service's code describes; no database is needed for that."""
    folder = ROOT / "services" / service
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT / "shared")]),
        "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:1/triptych",
        "DJANGO_SECRET_KEY": "only for printing the schema",
    }
    done = subprocess.run(GENERATORS[service], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.parametrize("service", GENERATORS)
def test_the_generated_document_is_compatible_with_the_contract(service: str) -> None:
    assert differences(contract(), generated(service), ANSWERED[service]) == []


@pytest.mark.parametrize("within", ["/api/items/", "/api/auth/"])
def test_django_describes_all_that_the_contract_says_of_its_routes_and_no_more(within: str) -> None:
    ours, theirs = contract(), generated("admin-django")
    described = sorted({*operations(ours, within), *operations(theirs, within)} - {STREAM})
    assert len(described) >= 3
    assert differences(ours, theirs, described) == []
