"""What a browser is told about the pages, and what Django's own checks say of the images' configuration."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.back_office.person import ITEMS, Person
from tests.conftest import SERVICE
from tests.make import make_item

ROOT = Path(__file__).resolve().parents[4]
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son[a-z]+=|javascript:", re.I)
PAGES = [
    "/admin/",
    ITEMS,
    f"{ITEMS}add/",
    f"{ITEMS}import/",
    "/admin/second-factor/",
    "/admin/auth/user/",
    "/admin/catalog/category/",
]


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_pages_have_a_strict_policy_and_nothing_inline_that_it_would_refuse(boss: Person, path: str) -> None:
    make_item()
    response = boss.client.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert not INLINE.findall(response.content.decode())


@pytest.mark.django_db
def test_a_write_is_followed_by_the_cookie_of_fresh_reads(boss: Person) -> None:
    assert boss.edit(make_item(), price="9.00").cookies["triptych_fresh"]["max-age"] == 5


def production(name: str = "admin-django") -> dict[str, str]:
    """Return the environment of a service by the two compose files, with what the operator has to set."""
    merged: dict[str, str] = {}
    for file in ("docker-compose.yml", "docker-compose.production.yml"):
        text = (ROOT / file).read_text().replace("!override", "")
        merged |= yaml.safe_load(text)["services"][name].get("environment", {})
    operator = {"DJANGO_SECRET_KEY": "-a-key-of-fifty-random-characters-0123456789-abcdefghijk"}
    pattern = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
    return {
        key: pattern.sub(lambda m: operator.get(m[1]) or (m[3] if m[2] == "-" else "set"), value)
        for key, value in merged.items()
    }


def check(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=SERVICE,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_checks_for_deployment_find_nothing_in_the_production_files() -> None:
    done = check(production())
    assert done.returncode == 0, done.stderr


def test_the_checks_for_deployment_would_find_a_weakness() -> None:
    done = check(production() | {"DJANGO_HTTPS": "off"})
    assert done.returncode == 1 and "security.W012" in done.stderr
