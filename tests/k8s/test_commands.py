"""What `make k8s-…` says and does; the programs it calls are played by scripts that note how they were called."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from k8s.commands import images, secrets
from k8s.commands.kustomize import Object
from tests.k8s.manifests import copied, named, rendered

ROOT = Path(__file__).resolve().parents[2]
KUBECTL = """#!/bin/sh
echo kubectl "$@" >> {calls}
case "$1 $2" in
"config current-context") echo {context} ;;
"apply --filename") cat > {folder}/applied.yaml ;;
"get namespace") cat {folder}/namespace.json 2>/dev/null || true ;;
"get job") echo '{{"status": {{"conditions": [{{"type": "Complete", "status": "True"}}]}}}}' ;;
"get pods") echo '{{"items": []}}' ;;
esac
"""
DOCKER = """#!/bin/sh
echo docker "$@" >> {calls}
while [ $# -gt 0 ]; do
    case $1 in --iidfile) echo "sha256:$(cat {folder}/content)" > "$2" ;; esac
    shift
done
"""
OTHER = """#!/bin/sh
echo {name} "$@" >> {calls}
"""


class Machine:
    """A folder of programs, and what was called."""

    def __init__(self, folder: Path, context: str) -> None:
        self.folder = folder
        self._calls = folder / "calls"
        (folder / "bin").mkdir()
        self.build_of("one")
        for name, script in (("kubectl", KUBECTL), ("docker", DOCKER), ("kind", OTHER), ("k3d", OTHER)):
            program = folder / "bin" / name
            program.write_text(script.format(calls=self._calls, folder=folder, context=context, name=name))
            program.chmod(0o755)
        # rendering is not played
        (folder / "bin" / "kustomize").symlink_to(kustomize_program(folder))

    def build_of(self, content: str) -> None:
        """Have the images that are built from now on be of this content."""
        (self.folder / "content").write_text(content)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **variables, "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin"}
        command = [sys.executable, "-m", "k8s.commands", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines() if self._calls.exists() else []


def kustomize_program(folder: Path) -> Path:
    """Return a `kustomize` that is the one of this machine, by whatever name that is found."""
    from k8s.commands.kustomize import program

    words = program()
    script = folder / "kustomize"
    real = subprocess.check_output(["which", words[0]], text=True).strip() if "/" not in words[0] else words[0]
    verb = "version --client" if words[1] == "kustomize" else "version"
    script.write_text(
        f'#!/bin/sh\n[ "$1" != version ] || exec {real} {verb}\nshift\nexec {real} {words[1]} "$@"\n', encoding="utf-8"
    )
    script.chmod(0o755)
    return script


@pytest.fixture
def machine(tmp_path: Path, request: pytest.FixtureRequest) -> Machine:
    return Machine(tmp_path, getattr(request, "param", "kind-shop"))


def applied_job(machine: Machine) -> str:
    from k8s.commands.kustomize import objects

    [job] = [each for each in objects((machine.folder / "applied.yaml").read_text()) if each["kind"] == "Job"]
    name: str = job["metadata"]["name"]
    return name


def test_up_builds_loads_applies_waits_and_says_where_it_is(machine: Machine) -> None:
    done = machine.run("up")
    assert done.returncode == 0, done.stderr
    assert "port-forward service/gateway 8080:80" in done.stdout
    verbs = [" ".join(call.split()[:2]) for call in machine.calls]
    order = ["docker build"] * 4 + ["docker tag"] * 4 + ["kind load", "kubectl get", "kubectl apply", "kubectl get"]
    assert [verb for verb in verbs if verb not in ("kubectl config", "kubectl rollout")] == [*order, "kubectl get"]
    assert verbs[-4:] == ["kubectl rollout"] * 4
    waited = machine.calls[verbs.index("kubectl apply") + 1]
    assert waited.startswith(f"kubectl get job {applied_job(machine)} ")
    [load] = [call for call in machine.calls if call.startswith("kind load")]
    assert load.startswith("kind load docker-image --name shop docker.io/triptych/admin-django:")


def test_another_build_is_another_release_with_a_migration_of_its_own(machine: Machine) -> None:
    assert machine.run("up").returncode == 0
    first = applied_job(machine)
    assert machine.run("up").returncode == 0
    assert applied_job(machine) == first
    machine.build_of("two")
    assert machine.run("up").returncode == 0
    assert applied_job(machine) != first
    at_a_port = machine.run("up", REGISTRY="localhost:5001")
    assert at_a_port.returncode == 0, at_a_port.stderr
    second = applied_job(machine)
    machine.build_of("three")
    assert machine.run("up", REGISTRY="localhost:5001").returncode == 0
    assert applied_job(machine) != second


@pytest.mark.parametrize("machine", ["gke-shop"], indirect=True)
def test_a_cluster_elsewhere_needs_a_registry(machine: Machine) -> None:
    done = machine.run("up")
    assert done.returncode == 1 and "make k8s-up REGISTRY=" in done.stderr
    done = machine.run("up", REGISTRY="registry.example/me")
    assert done.returncode == 0, done.stderr
    pushed = [call.split()[-1].rpartition(":")[0] for call in machine.calls if call.startswith("docker push")]
    assert pushed == [f"registry.example/me/{name}" for name in images.BUILDS]
    assert "image: registry.example/me/gateway:" in (machine.folder / "applied.yaml").read_text()


@pytest.mark.parametrize("program", ["kubectl", "docker"])
def test_a_missing_program_is_named(machine: Machine, program: str) -> None:
    environment = {**os.environ, "PATH": str(machine.folder / "bin")}
    (machine.folder / "bin" / program).unlink()
    command = [sys.executable, "-m", "k8s.commands", "up"]
    (machine.folder / "bin" / "cat").symlink_to("/bin/cat")
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and f"no `{program}` on PATH" in done.stderr and "Traceback" not in done.stderr


def test_down_removes_the_namespace_that_is_ours_and_no_other(machine: Machine) -> None:
    assert "There is no namespace" in machine.run("down").stdout
    namespace = machine.folder / "namespace.json"
    namespace.write_text('{"metadata": {"labels": {"team": "other"}}}')
    done = machine.run("down")
    assert done.returncode == 1 and "it stays" in done.stderr
    namespace.write_text('{"metadata": {"labels": {"app.kubernetes.io/part-of": "triptych"}}}')
    assert machine.run("down").returncode == 0
    assert [call for call in machine.calls if call.startswith("kubectl delete")] == [
        "kubectl delete namespace triptych",
        "kubectl delete priorityclass --selector app.kubernetes.io/part-of=triptych",
    ]


def test_the_job_is_called_after_its_release_and_its_passwords(tmp_path: Path) -> None:
    overlays = copied(tmp_path)

    def job() -> str:
        found = rendered(overlays / "production")
        return str(named(found, "Job", "migrate")["metadata"]["name"])

    first = job()
    assert job() == first
    kustomization = overlays / "production" / "kustomization.yaml"
    text = kustomization.read_text(encoding="utf-8")
    kustomization.write_text(text.replace("0.2.0", "0.3.0"), encoding="utf-8")
    second = job()
    (overlays / "production" / "secrets" / "database-owner.env").write_text("username=triptych_owner\npassword=new\n")
    assert len({first, second, job()}) == 3


def test_secrets_are_made_up_once_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    made = secrets.make(folder)
    assert {oct(path.stat().st_mode & 0o777) for path in made} == {"0o600"} and len(made) == 6
    before = {path: path.read_text(encoding="utf-8") for path in made}
    assert secrets.make(folder) == []
    assert {path: path.read_text(encoding="utf-8") for path in made} == before
    assert len(set(before.values())) == 6


def test_productions_secrets_are_no_part_of_the_repository(tmp_path: Path) -> None:
    inside = secrets.FOLDER / "admin-django.env"
    assert subprocess.run(["git", "check-ignore", "--quiet", str(inside)], cwd=ROOT).returncode == 0
    text = (secrets.FOLDER.parent / "kustomization.yaml").read_text(encoding="utf-8")
    generator = text.partition("secretGenerator:")[2].partition("replacements:")[0]
    assert "envs:" in generator and "literals" not in generator


def test_the_database_on_a_volume_is_migrated_by_a_job_of_its_own(local: list[Object], tmp_path: Path) -> None:
    on_a_volume = rendered(copied(tmp_path) / "local-volume")
    names = {named(objects, "Job", "migrate")["metadata"]["name"] for objects in (local, on_a_volume)}
    assert len(names) == 2
