"""Django on a database of its own, made by the bootstrap that every release runs, and used as role admin_django.

TRIPTYCH_SUPERUSER_DATABASE_URL makes that database, TRIPTYCH_OWNER_DATABASE_URL migrates it, TRIPTYCH_DATABASE_URL is
the service's own role; the database that they name is not touched.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import django
import httpx
import psycopg
import pytest

SERVICE = Path(__file__).resolve().parent.parent
DATABASE = "test_triptych"


def _on_test_database(url: str) -> str:
    return urlsplit(url)._replace(path=f"/{DATABASE}").geturl()


os.environ.pop("OWNER_DATABASE_URL", None)
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DJANGO_SECRET_KEY": "tests",
    "DATABASE_URL": _on_test_database(os.environ["TRIPTYCH_DATABASE_URL"]),
    "CATEGORY_COUNTS_MAX_AGE_SECONDS": "0",
}
django.setup()

from accounts.hashing import BoundedArgon2PasswordHasher  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from tests.loader import Loader  # noqa: E402

settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """Make the database, instead of pytest-django, which would do so as the role that serves."""
    with psycopg.connect(os.environ["TRIPTYCH_SUPERUSER_DATABASE_URL"], autocommit=True) as superuser:
        superuser.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        superuser.execute(f"CREATE DATABASE {DATABASE} OWNER triptych_owner")
    owner = {"OWNER_DATABASE_URL": _on_test_database(os.environ["TRIPTYCH_OWNER_DATABASE_URL"])}
    subprocess.run([sys.executable, "manage.py", "bootstrap"], cwd=SERVICE, env={**os.environ, **owner}, check=True)


@pytest.fixture(autouse=True)
def _quick_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spend a hundredth of the work on each password, but where the work itself is tried (mark `full_hashing`)."""
    if request.node.get_closest_marker("full_hashing") is None:
        monkeypatch.setattr(BoundedArgon2PasswordHasher, "time_cost", 1)
        monkeypatch.setattr(BoundedArgon2PasswordHasher, "memory_cost", 2048)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Let the test use the database without a transaction around it: what it writes stays, so that must be unique."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield
        connection.close()


@pytest.fixture
def served(committed: None) -> Iterator[httpx.Client]:
    """A client of the WSGI application, whole as gunicorn serves it."""
    from config.wsgi import application

    with httpx.Client(transport=httpx.WSGITransport(app=application), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Loader:
    """Write files, and load them."""
    return Loader(tmp_path, capsys)
