"""The containers of k8s/overlays/local, started from the rendered manifests, and the contract tests against them."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from k8s.commands import kustomize
from k8s.commands.kustomize import Object
from k8s.commands.rules.environment import resolved
from k8s.commands.rules.parts import of_kind
from tests.compose.pods import Pods, docker
from tests.compose.project import ROOT, Project
from tests.ready import PREFIXES
from tests.wait import until

KILLED = 137
SERVING = ("gateway", *PREFIXES, "postgres")


@pytest.fixture(scope="module")
def objects() -> list[Object]:
    """What `kubectl apply -k k8s/overlays/local` applies, but with exact counts, which the contract tests want."""
    found = kustomize.objects(kustomize.render(kustomize.FOLDER / "overlays" / "local"))
    for each in of_kind(found, "ConfigMap"):
        if "CATEGORY_COUNTS_MAX_AGE_SECONDS" in each["data"]:
            each["data"]["CATEGORY_COUNTS_MAX_AGE_SECONDS"] = "0"
    return found


@pytest.fixture(scope="module")
def pods(project: Project, objects: list[Object]) -> Iterator[Pods]:
    """All of them, started in the worst order: who depends on nobody comes last."""
    built = {f"docker.io/triptych/{name}": project.containers()[name]["Image"] for name in ("gateway", *PREFIXES)}
    with Pods(f"{project.name}-pods", objects, built) as found:
        for name in ("gateway", *PREFIXES, "migrate", "postgres"):
            found.start(name)
        until(lambda: found.has_succeeded("migrate"), "the migration is done")
        for name in SERVING:
            until(lambda name=name: found.passes(name, "readinessProbe"), f"{name} is ready")  # type: ignore[misc]
        yield found


@pytest.fixture
def told(pods: Pods) -> dict[str, str]:
    """How tests reach them."""
    migrate = resolved(pods.workload("migrate").containers[0], pods.objects)

    def outside(url: str) -> str:
        return url.replace("@postgres:5432/", f"@{pods.address('postgres')}/")

    def own(name: str) -> str:
        return outside(resolved(pods.workload(name).containers[0], pods.objects)["DATABASE_URL"])

    return {
        "TRIPTYCH_URL": f"http://{pods.address('gateway')}",
        "TRIPTYCH_DATABASE_URL": outside(migrate["DATABASE_URL"]),
        "TRIPTYCH_OWNER_DATABASE_URL": outside(migrate["OWNER_DATABASE_URL"]),
        "TRIPTYCH_SUPERUSER_DATABASE_URL": outside(migrate["SUPERUSER_DATABASE_URL"]),
        "TRIPTYCH_SIMPLE_FLASK_DATABASE_URL": own("simple-flask"),
        "TRIPTYCH_API_FASTAPI_DATABASE_URL": own("api-fastapi"),
        "TRIPTYCH_ADMIN_USER": migrate["TRIPTYCH_ADMIN_USER"],
        "TRIPTYCH_ADMIN_PASSWORD": migrate["TRIPTYCH_ADMIN_PASSWORD"],
    }


def run_suites(pods: Pods, told: dict[str, str], *arguments: str) -> None:
    """Run tests in a process of their own, against the pods.

    Raises AssertionError, with their end and what the pods complained of, if any fails.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **told}, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{pods.complaints()}"


def test_the_contract_holds(pods: Pods, told: dict[str, str]) -> None:
    short = ["tests/contract/test_parity.py", "tests/contract/test_exports.py"]
    run_suites(pods, told, "-m", "not long", "-k", "not generated", *short)


@pytest.mark.long
def test_the_contract_holds_in_all_generated_cases(pods: Pods, told: dict[str, str]) -> None:
    run_suites(pods, told, "-m", "not native", "tests/contract")


def test_the_migration_finds_all_done_when_it_is_applied_again(pods: Pods) -> None:
    docker("start", f"{pods.name}-migrate")
    until(lambda: pods.has_succeeded("migrate"), "the migration is done")


@pytest.mark.parametrize("name", ["rotate-keys", "clear-sessions"])
def test_what_recurs_does_its_work(pods: Pods, name: str) -> None:
    pods.start(name)
    until(lambda: pods.has_succeeded(name), f"{name} is done")


@pytest.mark.parametrize("name", SERVING)
def test_a_container_is_alive_by_its_own_probe_and_cannot_write_to_its_image(pods: Pods, name: str) -> None:
    container = f"{pods.name}-{name}"
    assert pods.passes(name, "startupProbe") and pods.passes(name, "livenessProbe")
    assert docker("exec", container, "sh", "-c", "echo yes > /tmp/written && cat /tmp/written") == "yes"
    assert docker("exec", container, "sh", "-c", "(: > /written) 2>/dev/null || echo refused") == "refused"


@pytest.mark.disruptive
@pytest.mark.parametrize("name", SERVING)
def test_a_container_ends_by_itself_within_its_grace(pods: Pods, name: str) -> None:
    workload = pods.workload(name)
    pause = workload.containers[0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    grace = workload.pod["terminationGracePeriodSeconds"] - pause
    docker("stop", "--time", str(grace), f"{pods.name}-{name}")
    assert pods.state(name)["ExitCode"] != KILLED
    assert pods.state(name)["OOMKilled"] is False
