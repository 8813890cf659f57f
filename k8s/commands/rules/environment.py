"""The variables of the containers."""

import base64
import re
from collections.abc import Iterator, Sequence

from k8s.commands.kustomize import Object
from k8s.commands.rules.parts import Workload, of_kind, workloads


def resolved(container: Object, objects: Sequence[Object], namespace: str = "triptych") -> dict[str, str]:
    """Return the container's environment as the kubelet would make it. Raises KeyError for what is not there."""
    maps = {each["metadata"]["name"]: each.get("data", {}) for each in of_kind(objects, "ConfigMap")}
    secrets = {
        each["metadata"]["name"]: {key: base64.b64decode(value).decode() for key, value in each.get("data", {}).items()}
        for each in of_kind(objects, "Secret")
    }
    environment: dict[str, str] = {}
    for source in container.get("envFrom", []):
        environment |= maps[source["configMapRef"]["name"]]
    before: dict[str, str] = {}  # what envFrom brings cannot be mentioned
    for variable in container.get("env", []):
        match variable.get("valueFrom"):
            case {"secretKeyRef": {"name": name, "key": key}}:
                value = secrets[name][key]
            case {"fieldRef": {"fieldPath": "metadata.namespace"}}:
                value = namespace
            case None:
                value = re.sub(r"\$\((\w+)\)", lambda found: before.get(found[1], found[0]), variable.get("value", ""))
            case other:
                raise KeyError(f"{variable['name']}: {other}")
        before[variable["name"]] = value
    return environment | before


def is_complete(objects: Sequence[Object]) -> Iterator[str]:
    """Whatever a container takes from a ConfigMap or a Secret is there."""
    for each in workloads(objects):
        for container in each.containers:
            try:
                resolved(container, objects)
            except KeyError as error:
                yield f"{each}: {error} is not there"


def mentions_only_what_stands_before(objects: Sequence[Object]) -> Iterator[str]:
    """`$(NAME)` is put in only where NAME stands earlier in `env`; elsewhere it stays as it is, without a word."""
    for each in workloads(objects):
        yield from _unresolved(each)


def _unresolved(workload: Workload) -> Iterator[str]:
    for container in workload.containers:
        before: set[str] = set()
        for variable in container.get("env", []):
            for name in re.findall(r"\$\((\w+)\)", variable.get("value", "")):
                if name not in before:
                    yield f"{workload}: {variable['name']} mentions {name}, which does not stand before it"
            before.add(variable["name"])
