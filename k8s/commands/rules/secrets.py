"""Passwords and keys."""

import re
from collections.abc import Iterator, Sequence

from k8s.commands.kustomize import Object
from k8s.commands.rules.parts import Workload, of_kind, workloads

SECRET = re.compile(r"PASSWORD|SECRET|TOKEN(?!_ISSUER|_AUDIENCE)|_KEY$")
PASSWORD_IN_URL = re.compile(r"://[^/@]*:(?!\$\()[^/@]+@")


def are_nowhere_in_clear(objects: Sequence[Object]) -> Iterator[str]:
    """Not in a ConfigMap, not in a variable's value: only in Secrets, each password for those who use it."""
    for each in of_kind(objects, "ConfigMap"):
        for name, value in each.get("data", {}).items():
            if SECRET.search(name) or PASSWORD_IN_URL.search(value):
                yield f"ConfigMap {each['metadata']['name']}: {name}"
    for workload in workloads(objects):
        for container in workload.containers:
            for variable in container.get("env", []):
                value = variable.get("value", "")
                if (SECRET.search(variable["name"]) and value) or PASSWORD_IN_URL.search(value):
                    yield f"{workload}: {variable['name']}"
            used = {
                variable["valueFrom"]["secretKeyRef"]["name"].rpartition("-")[0]
                for variable in container.get("env", [])
                if "secretKeyRef" in variable.get("valueFrom", {})
            }
            if used - _own(workload):
                yield f"{workload}: knows {', '.join(sorted(used - _own(workload)))}"


def _own(workload: Workload) -> set[str]:
    match workload.kind:
        case "StatefulSet":
            return {"database-superuser"}
        case "Job":
            return {"migrate"}
        case "CronJob":
            return {"admin-django", "database-admin-django"}
        case _:
            return {workload.name, f"database-{workload.name}"}
