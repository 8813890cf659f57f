"""The parts of rendered objects that rules speak of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from k8s.commands.kustomize import Object


@dataclass(frozen=True)
class Workload:
    """An object that makes pods, and the pods' template."""

    kind: str
    name: str
    object: Object
    template: Object

    @property
    def pod(self) -> Object:
        spec: Object = self.template["spec"]
        return spec

    @property
    def labels(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self.template["metadata"]["labels"]
        return found

    @property
    def containers(self) -> Sequence[Object]:
        return [*self.pod.get("initContainers", []), *self.pod["containers"]]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def of_kind(objects: Sequence[Object], *kinds: str) -> list[Object]:
    """Return the objects of these kinds."""
    return [each for each in objects if each["kind"] in kinds]


def workloads(objects: Sequence[Object]) -> Iterator[Workload]:
    """Yield everything that makes pods."""
    for each in of_kind(objects, "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"):
        spec = each["spec"]["jobTemplate"]["spec"] if each["kind"] == "CronJob" else each["spec"]
        yield Workload(each["kind"], each["metadata"]["name"], each, spec["template"])


def serving(objects: Sequence[Object]) -> list[Workload]:
    """Return what runs all the time."""
    return [each for each in workloads(objects) if each.kind in ("Deployment", "StatefulSet")]


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Tell whether a label selector, the empty one included, means these labels."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for each in selector.get("matchExpressions", []):
        within = labels.get(each["key"]) in each.get("values", [])
        present = each["key"] in labels
        if not {"In": within, "NotIn": not within, "Exists": present, "DoesNotExist": not present}[each["operator"]]:
            return False
    return True
