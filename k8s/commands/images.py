"""The four images: built, and brought to where the cluster finds them."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from k8s.commands.failure import Failure

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("admin-django", "simple-flask", "api-fastapi")
# What `docker build` is told of each image: its Dockerfile, and which service.
BUILDS = {name: ("--file", "services/Dockerfile", "--build-arg", f"SERVICE={name}") for name in SERVICES} | {
    "gateway": ("--file", "gateway/Dockerfile")
}


def require(program: str, why: str) -> None:
    """Raise Failure when the program is not on PATH."""
    if not shutil.which(program):
        raise Failure(f"There is no `{program}` on PATH: {why}")


def run(*command: str, text: str | None = None) -> None:
    """Run a command that the person sees. Raises Failure when it fails."""
    print("$", *command, flush=True)
    if subprocess.run(command, cwd=ROOT, input=text, text=True).returncode:
        raise Failure(f"`{command[0]} {command[1]}` failed; what it said is above.")


def build(registry: str) -> dict[str, str]:
    """Build the images and return their names, tagged by their content: a changed one is another one to the cluster."""
    require("docker", "it builds the images. Install Docker, or build and push them yourself and apply an overlay.")
    arguments = [word for name in os.environ.get("BUILD_ARGS", "").split() for word in ("--build-arg", name)]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, options in BUILDS.items():
            note = Path(folder) / name
            run("docker", "build", "--quiet", *arguments, "--iidfile", str(note), *options, ".")
            found[name] = note.read_text(encoding="utf-8").strip()
    tag = hashlib.sha256("".join(found.values()).encode()).hexdigest()[:12]
    names = {name: f"{registry or 'docker.io/triptych'}/{name}:{tag}" for name in found}
    for name, image in names.items():
        run("docker", "tag", found[name], image)
    return names


def deliver(images: Sequence[str], context: str, registry: str) -> None:
    """Push the images to the registry, or load them into the context's cluster. Raises Failure if neither can be."""
    if registry:
        for image in images:
            run("docker", "push", image)
    elif context.startswith("kind-"):
        require("kind", f"the context {context} is one of kind's.")
        run("kind", "load", "docker-image", "--name", context.removeprefix("kind-"), *images)
    elif context.startswith("k3d-"):
        require("k3d", f"the context {context} is one of k3d's.")
        run("k3d", "image", "import", "--cluster", context.removeprefix("k3d-"), *images)
    elif shutil.which("minikube") and _is_minikube(context):
        for image in images:
            run("minikube", "--profile", context, "image", "load", image)
    else:
        raise Failure(
            f"The context {context} is none of kind, k3d or minikube, so the images must come from a registry: "
            "make k8s-up REGISTRY=registry.example/you"
        )


def _is_minikube(context: str) -> bool:
    status = ["minikube", "--profile", context, "status", "--format", "{{.Host}}"]
    return subprocess.run(status, capture_output=True).returncode == 0
