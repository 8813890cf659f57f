"""Bring an overlay to the cluster of kubectl's current context, and take it away again."""

import json
import os
import subprocess
from pathlib import Path

import yaml

from k8s.commands import images, kustomize
from k8s.commands.failure import Failure
from k8s.commands.waiting import Cluster

NAMESPACE = "triptych"
STATE = images.ROOT / ".local" / "k8s"
PATIENCE = 600.0  # seconds for the migration, and for each service


def up(overlay: str, registry: str) -> None:
    """Build, deliver, apply, and wait until everything is ready; print where it is. Raises Failure."""
    context = _context()
    print(f"cluster: {context}")
    built = images.build(registry)
    images.deliver(list(built.values()), context, registry)
    rendered = kustomize.render(_with_images(overlay, built))
    # by its name: one of an earlier release that failed is still there, and will never complete
    [job] = [each["metadata"]["name"] for each in kustomize.objects(rendered) if each["kind"] == "Job"]
    here = Cluster(NAMESPACE)
    here.remove_failed_job(job)
    images.run("kubectl", "apply", "--filename", "-", text=rendered)
    print(f"waiting for job/{job}", flush=True)
    here.wait_for_job(job, PATIENCE)
    for name in built:
        here.wait_for_rollout(name, PATIENCE)
    print(
        f"\nready. To reach it from this machine:\n"
        f"  kubectl --namespace {NAMESPACE} port-forward service/gateway 8080:80\n"
        f"and then open http://localhost:8080/"
    )


def down() -> None:
    """Remove the namespace with everything in it. Raises Failure when it is not ours."""
    _context()
    asked = subprocess.run(
        ["kubectl", "get", "namespace", NAMESPACE, "--ignore-not-found", "--output", "json"],
        capture_output=True,
        text=True,
    )
    if asked.returncode:
        raise Failure(f"The cluster does not answer: {asked.stderr.strip()}")
    if not asked.stdout.strip():
        print(f"There is no namespace {NAMESPACE}.")
        return
    labels = json.loads(asked.stdout)["metadata"].get("labels", {})
    if labels.get("app.kubernetes.io/part-of") != "triptych":
        raise Failure(f"The namespace {NAMESPACE} is not labelled as ours: it stays.")
    images.run("kubectl", "delete", "namespace", NAMESPACE)
    # what is in no namespace, and needs more rights
    images.run("kubectl", "delete", "priorityclass", "--selector", "app.kubernetes.io/part-of=triptych")


def _context() -> str:
    images.require("kubectl", "install it (https://kubernetes.io/docs/tasks/tools/), then: kind create cluster")
    asked = subprocess.run(["kubectl", "config", "current-context"], capture_output=True, text=True)
    if asked.returncode:
        raise Failure("kubectl knows no cluster: start one (kind create cluster), or kubectl config use-context NAME.")
    return asked.stdout.strip()


def _with_images(overlay: str, built: dict[str, str]) -> Path:
    """Write a kustomization of the overlay with these images, and return its folder."""
    folder = kustomize.FOLDER / "overlays" / overlay
    names = {name: image.rpartition(":")[::2] for name, image in built.items()}
    [tag] = {tag for _, tag in names.values()}
    # the Job is called after its image, which has to be said again after the images
    said = yaml.safe_load((kustomize.FOLDER / "overlays" / "local" / "kustomization.yaml").read_text(encoding="utf-8"))
    content = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [os.path.relpath(folder, STATE)],
        "images": [_image(overlay, name, *names[name]) for name in names],
        "labels": [{"pairs": {"app.kubernetes.io/version": tag}}],
        "replacements": said["replacements"][:1],
    }
    STATE.mkdir(parents=True, exist_ok=True)
    (STATE / "kustomization.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return STATE


def _image(overlay: str, name: str, new_name: str, tag: str) -> dict[str, str]:
    before = f"{'docker.io' if overlay.startswith('local') else 'registry.example'}/triptych/{name}"
    return {"name": before, "newName": new_name, "newTag": tag}
