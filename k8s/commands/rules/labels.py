"""Labels."""

from collections.abc import Iterator, Sequence

from k8s.commands.kustomize import Object
from k8s.commands.rules.parts import workloads

PREFIX = "app.kubernetes.io/"
OF_PODS = ("name", "component", "part-of")
OF_OBJECTS = (*OF_PODS, "version", "managed-by")
GENERATED = ("ConfigMap", "Secret")  # by kustomize, from a line


def are_the_recommended_ones(objects: Sequence[Object]) -> Iterator[str]:
    """https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/, on every object and pod."""
    for each in objects:
        wanted = OF_OBJECTS[2:] if each["kind"] in GENERATED else OF_OBJECTS
        missing = [name for name in wanted if PREFIX + name not in each["metadata"].get("labels", {})]
        if missing:
            yield f"{each['kind']} {each['metadata']['name']}: lacks {', '.join(missing)}"
    for workload in workloads(objects):
        missing = [name for name in OF_PODS if PREFIX + name not in workload.labels]
        if missing:
            yield f"the pods of {workload}: lack {', '.join(missing)}"
    versions = {each["metadata"].get("labels", {}).get(PREFIX + "version") for each in objects}
    tags = {
        container["image"].rpartition(":")[2]
        for each in workloads(objects)
        for container in each.containers
        if "triptych/" in container["image"]
    }
    if versions - {None} != tags:
        yield f"the objects are of version {versions}, the images {tags}"
