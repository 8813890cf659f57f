"""docker-compose.production.yml: no secret has a default, and nothing of the demo is left."""

import json
import re
import subprocess

import pytest

from tests.compose.project import ROOT, clean_environment

REQUIRED = {
    "POSTGRES_PASSWORD": "aaa",
    "TRIPTYCH_OWNER_PASSWORD": "bbb",
    "ADMIN_DJANGO_PASSWORD": "ccc",
    "SIMPLE_FLASK_PASSWORD": "ddd",
    "API_FASTAPI_PASSWORD": "eee",
    "DJANGO_SECRET_KEY": "fff",
    "DJANGO_ALLOWED_HOSTS": "shop.example",
}


def config(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `docker compose config` of the production system with exactly these variables."""
    files = ["--file", "docker-compose.yml", "--file", "docker-compose.production.yml"]
    command = ["docker", "compose", *files, "config", "--format", "json"]
    return subprocess.run(command, cwd=ROOT, env=clean_environment() | variables, capture_output=True, text=True)


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_missing_variable_is_named_and_nothing_starts(missing: str) -> None:
    done = config({name: value for name, value in REQUIRED.items() if name != missing})
    assert done.returncode != 0
    assert f"set {missing}" in done.stderr


def test_an_empty_secret_is_as_good_as_none() -> None:
    done = config(REQUIRED | {"DJANGO_SECRET_KEY": ""})
    assert done.returncode != 0 and "set DJANGO_SECRET_KEY" in done.stderr


def test_nothing_of_the_demo_is_left() -> None:
    done = config(REQUIRED)
    assert done.returncode == 0, done.stderr
    services = json.loads(done.stdout)["services"]
    for service in services:
        assert "demo" not in json.dumps(services[service]), service
    migrate = services["migrate"]["environment"]
    assert migrate["TRIPTYCH_DEMO_DATA"] == "off" and migrate["TRIPTYCH_ADMIN_PASSWORD"] == ""
    assert services["admin-django"]["environment"]["DJANGO_ALLOWED_HOSTS"] == "shop.example,127.0.0.1"


def test_each_process_has_its_own_password_only() -> None:
    services = json.loads(config(REQUIRED).stdout)["services"]
    own = {"postgres": "aaa", "admin-django": "ccc fff", "simple-flask": "ddd", "api-fastapi": "eee", "gateway": ""}
    for service, secrets in own.items():
        environment = json.dumps(services[service]["environment"])
        seen = {value for value in REQUIRED.values() if len(value) == 3 and value in environment}
        assert seen == set(secrets.split()), service


def test_the_gateway_is_published_once_and_to_everyone() -> None:
    [port] = json.loads(config(REQUIRED).stdout)["services"]["gateway"]["ports"]
    assert port["published"] == "8080" and port.get("host_ip", "0.0.0.0") == "0.0.0.0"


def test_every_variable_that_compose_reads_is_in_the_example() -> None:
    names = ("docker-compose.yml", "docker-compose.production.yml", "docker-compose.standby.yml")
    files = [(ROOT / name).read_text(encoding="utf-8") for name in names]
    read = set(re.findall(r"\$\{([A-Z_]+):", "".join(files)))
    named = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert read > set(REQUIRED)
    assert read - named == set()
