"""The rendered overlays; those of production with secrets that are made up for the tests."""

import copy
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from k8s.commands import kustomize, secrets
from k8s.commands.kustomize import Object
from k8s.commands.rules.parts import Workload, of_kind, workloads

IGNORED = shutil.ignore_patterns("secrets", "__pycache__", "commands")


def copied(folder: Path) -> Path:
    """Copy the manifests below `folder`, with fresh secrets for production; return the folder of the overlays."""
    shutil.copytree(kustomize.FOLDER, folder / "k8s", ignore=IGNORED)
    overlays = folder / "k8s" / "overlays"
    secrets.make(overlays / "production" / "secrets")
    return overlays


def rendered(overlay: Path) -> list[Object]:
    """Return the objects of an overlay."""
    return kustomize.objects(kustomize.render(overlay))


def named(objects: Sequence[Object], kind: str, name: str) -> Object:
    """Return the object; a generated name is found by its beginning."""
    names = {each["metadata"]["name"]: each for each in of_kind(objects, kind)}
    [found] = [names[name]] if name in names else [names[each] for each in names if each.rpartition("-")[0] == name]
    return found


def containers(objects: Sequence[Object]) -> Mapping[str, tuple[Workload, Object]]:
    """Return each workload with its one container, by the container's name."""
    return {each.pod["containers"][0]["name"]: (each, each.pod["containers"][0]) for each in workloads(objects)}


def broken_copy(objects: Sequence[Object]) -> list[Object]:
    """Return a copy that may be changed."""
    return copy.deepcopy(list(objects))
