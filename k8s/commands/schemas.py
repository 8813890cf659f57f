"""Whether objects are what Kubernetes takes: strictly, by the schemas of its two newest minor versions."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource

from k8s.commands.kustomize import Object

MINORS = ("1.36", "1.37")
OURS = ("postgresql.cnpg.io",)  # an operator's objects, which Kubernetes knows nothing of: rules/cluster.py


def violations(objects: Sequence[Object]) -> Iterator[str]:
    """Yield what is wrong, with the object's name and the version that says so."""
    for each in objects:
        if each["apiVersion"].partition("/")[0] in OURS:
            continue
        for minor in MINORS:
            where = f"{each['kind']} {each['metadata']['name']}: {minor}"
            try:
                validator = _validator(minor, each["kind"], each["apiVersion"])
            except FileNotFoundError:
                yield f"{where}: there is no {each['kind']} of {each['apiVersion']}"
                continue
            for error in validator.iter_errors(each):
                yield f"{where}: {'.'.join(str(step) for step in error.path)}: {error.message}"


@cache
def _definitions(minor: str) -> Resource[Any]:
    return Resource.from_contents(schema_contents(f"{_folder(minor)}/_definitions.json", minor))


@cache
def _validator(minor: str, kind: str, api_version: str) -> Draft202012Validator:
    """Return what validates this kind. The package reads all definitions again for each object; here they stay."""
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)  # rbac.authorization.k8s.io/v1: rbac-v1
    schema = schema_contents(f"{_folder(minor)}/{kind.lower()}-{group}.json", minor)
    registry: Registry[Any] = _definitions(minor) @ Registry()
    return Draft202012Validator(schema, registry=Resource.from_contents(schema) @ registry)


def _folder(minor: str) -> str:
    return f"kubernetes-json-schema/v{minor}.0-local-strict"
