"""docker-compose.yml, the manifests, the Dockerfiles and .env.example describe the same system."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s.commands.kustomize import Object
from k8s.commands.rules.environment import resolved
from tests.k8s.manifests import containers

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("admin-django", "simple-flask", "api-fastapi")
BUILT = (*SERVICES, "gateway", "migrate")
# What only Kubernetes needs: parts that a URL is put together from.
PARTS = {"DATABASE_PASSWORD", "OWNER_PASSWORD", "SUPERUSER_PASSWORD"}
# What .env.example explains and no container is told, or not by this name.
OF_THE_COMMANDS = {"TRIPTYCH_PORT", "TRIPTYCH_HOME"}
PASSWORDS = {"TRIPTYCH_OWNER_PASSWORD", "ADMIN_DJANGO_PASSWORD"}
# What is set only where there are standbys: docker-compose.standby.yml, the production overlay.
OF_STANDBYS = {"READ_DATABASE_URL", "REPLICATOR_PASSWORD"}

Compose = dict[str, Any]


@pytest.fixture(scope="module")
def compose() -> Compose:
    """The services of docker-compose.yml, every `${VARIABLE:-default}` as its default."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    services: Compose = with_defaults(yaml.safe_load(text)["services"])
    return services


def with_defaults(value: Any) -> Any:
    """Return the value as compose understands it where no variable is set."""
    match value:
        case dict():
            return {key: with_defaults(each) for key, each in value.items()}
        case list():
            return [with_defaults(each) for each in value]
        case str():
            return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
        case _:
            return value


def in_kubernetes(objects: list[Object], name: str) -> dict[str, str]:
    """Return the environment of a container of that name, without what it is put together from.

    An upstream is its Service: that the pods stand before it is a rule (rollouts.are_asked_pod_by_pod).
    """
    environment = resolved(containers(objects)[name][1], objects)
    return {
        key: value.rpartition(" ")[2] if key.endswith("_UPSTREAM") else value
        for key, value in environment.items()
        if key not in PARTS
    }


def megabytes(size: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(m|g|Mi|Gi)", size).groups()  # type: ignore[union-attr]
    return int(number) * (1024 if unit in ("g", "Gi") else 1)


@pytest.mark.parametrize("name", [*BUILT, "postgres"])
def test_a_container_has_the_same_variables_with_the_same_values(
    compose: Compose, local: list[Object], name: str
) -> None:
    assert in_kubernetes(local, name) == compose[name].get("environment", {})


@pytest.mark.parametrize("name", [*BUILT, "postgres"])
def test_a_container_runs_the_same_image_as_the_same_user_within_the_same_memory(
    compose: Compose, local: list[Object], name: str
) -> None:
    workload, container = containers(local)[name]
    image, _, tag = container["image"].partition(":")
    if name == "postgres":
        whole = f"docker.io/library/{compose[name]['image']}"
        assert (f"{image}:{tag}", user(workload.pod)) == (whole, compose[name]["user"])
    else:
        dockerfile = built_by(compose[name]["build"])
        title = re.search(r'image.title="(.*)"', dockerfile)
        declared = re.search(r"^USER (.*)", dockerfile, re.MULTILINE)
        assert title and declared
        assert (image, user(workload.pod)) == (f"docker.io/triptych/{title[1]}", declared[1])
    assert megabytes(container["resources"]["limits"]["memory"]) == megabytes(compose[name]["mem_limit"])


def built_by(build: dict[str, Any]) -> str:
    """Return the Dockerfile as the build argument leaves it: without the stages of the other services."""
    service = build.get("args", {}).get("SERVICE", "")
    text = (ROOT / build["dockerfile"]).read_text(encoding="utf-8").replace("${SERVICE}", service)
    stages = re.split(r"^(?=FROM )", text, flags=re.MULTILINE)
    return "".join(each for each in stages if not each.startswith("FROM service AS ") or f" AS {service}\n" in each)


def user(pod: Object) -> str:
    return f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_started_by_its_images_command(compose: Compose, local: list[Object], name: str) -> None:
    dockerfile = built_by(compose[name]["build"])
    declared = re.search(r"^CMD (.*)", dockerfile, re.MULTILINE)
    assert declared and "ENTRYPOINT" not in dockerfile
    assert containers(local)[name][1]["args"] == json.loads(declared[1])
    assert "command" not in compose[name]


def test_the_migration_is_the_same_command(compose: Compose, local: list[Object]) -> None:
    assert containers(local)["migrate"][1]["args"] == compose["migrate"]["command"]


@pytest.mark.parametrize("name", [*SERVICES, "gateway"])
def test_a_container_listens_on_the_same_port_and_answers_the_same_health_check(
    compose: Compose, local: list[Object], name: str
) -> None:
    _, container = containers(local)[name]
    [port] = container["ports"]
    dockerfile = built_by(compose[name]["build"])
    assert f"EXPOSE {port['containerPort']}\n" in dockerfile
    check = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", " ".join(compose[name]["healthcheck"]["test"]))
    assert check and int(check[1]) == port["containerPort"]
    # Compose waits for the whole system by its gateway; Kubernetes does not take the gateway away with the services.
    path = "/livez" if name == "gateway" else check[2]
    assert container["readinessProbe"]["httpGet"]["path"] == path


def test_postgres_is_asked_the_same_question(compose: Compose, local: list[Object]) -> None:
    _, container = containers(local)["postgres"]
    assert ["CMD", *container["readinessProbe"]["exec"]["command"]] == compose["postgres"]["healthcheck"]["test"]


def explained() -> dict[str, str]:
    """Return the variables of .env.example with their defaults."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    found = (re.match(r"#([A-Z_]+)=(.*)", line) for line in lines)
    return {match[1]: match[2].strip("'") for match in found if match}


def test_every_setting_is_explained_and_every_explained_one_is_a_setting(local: list[Object]) -> None:
    told = {key for name in (*BUILT, "postgres") for key in in_kubernetes(local, name)}
    upstreams = {key for key in told if key.endswith("_UPSTREAM")}
    urls = {key for key in told if key.endswith("_URL")}
    settings = told - upstreams - urls - {"POSTGRES_DB", "POSTGRES_INITDB_ARGS"}
    assert settings | OF_THE_COMMANDS | PASSWORDS | OF_STANDBYS == set(explained())


def test_the_explained_defaults_are_those_of_the_base(production: list[Object], local: list[Object]) -> None:
    example = explained()
    differing = {"DJANGO_ALLOWED_HOSTS", "DATABASE_STATEMENT_TIMEOUT_MS"}  # the demo's, and one per service
    for name in (*SERVICES, "gateway"):
        for key, value in in_kubernetes(local, name).items():
            if key in example and key not in differing and "SECRET" not in key:
                assert value == example[key], key
