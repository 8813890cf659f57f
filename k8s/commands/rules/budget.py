"""Connections to the database: everybody at the most, at the same time, and still some left."""

from collections.abc import Iterator, Sequence

from k8s.commands.kustomize import Object
from k8s.commands.rules.environment import resolved
from k8s.commands.rules.parts import Workload, of_kind, workloads

DEFAULT_MAX_CONNECTIONS = 100
RESERVED = 3  # superuser_reserved_connections
PEOPLE = 5  # a person with psql, a dump, the operator
MIGRATE = 4  # the lock's, the superuser's, Django's two


def _per_pod(workload: Workload, environment: dict[str, str]) -> int:
    match workload.name:
        case "admin-django":  # each thread keeps its own
            return int(environment["WEB_WORKERS"]) * int(environment["WEB_THREADS"])
        case "simple-flask":
            return int(environment["WEB_WORKERS"]) * int(environment["DATABASE_POOL_SIZE"])
        case "api-fastapi":  # one process; each feed has one more
            standbys = int(environment["READ_DATABASE_POOL_SIZE"]) + 1 if "READ_DATABASE_URL" in environment else 0
            return max(int(environment["DATABASE_POOL_SIZE"]), 3) + 1 + standbys
        case _:
            return MIGRATE if workload.kind == "Job" else 1 if workload.kind == "CronJob" else 0


def demands(objects: Sequence[Object]) -> dict[str, int]:
    """Return how many connections each may have: at its maximum of replicas, while one more is rolled out."""
    maxima = {
        each["spec"]["scaleTargetRef"]["name"]: each["spec"]["maxReplicas"]
        for each in of_kind(objects, "HorizontalPodAutoscaler")
    }
    found = {"reserved": RESERVED, "people": PEOPLE}
    for each in workloads(objects):
        [container] = each.pod["containers"]
        pods = 1
        if each.kind == "Deployment":
            spec = each.object["spec"]
            pods = maxima.get(each.name, spec.get("replicas", 1)) + spec["strategy"]["rollingUpdate"]["maxSurge"]
        found[each.name] = pods * _per_pod(each, resolved(container, objects))
    return found


def fits_into_max_connections(objects: Sequence[Object]) -> Iterator[str]:
    """All that may be asked for, reads of standbys included, fits into one server: after a fail-over it may have to."""
    limit = DEFAULT_MAX_CONNECTIONS
    for cluster in of_kind(objects, "Cluster"):
        limit = int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
    wanted = demands(objects)
    if sum(wanted.values()) > limit:
        yield f"{sum(wanted.values())} connections of {limit}: {wanted}"
