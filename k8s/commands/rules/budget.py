"""Connections to the database: everybody at the most, at the same time, and still some left."""

from collections.abc import Iterator, Sequence

from k8s.commands.kustomize import Object
from k8s.commands.rules.environment import resolved
from k8s.commands.rules.parts import Workload, of_kind, workloads

DEFAULT_MAX_CONNECTIONS = 100
RESERVED = 3  # superuser_reserved_connections
PEOPLE = 5  # a person with psql, a dump, the operator
LOGIN_THREADS = 4  # of admin-django, beyond WEB_THREADS: accounts/turns.py
MIGRATE = 4  # the lock's, the superuser's, Django's two


def _per_pod(workload: Workload, environment: dict[str, str]) -> int:
    match workload.name:
        case "admin-django":  # each thread keeps its own
            return int(environment["WEB_WORKERS"]) * (int(environment["WEB_THREADS"]) + LOGIN_THREADS)
        case "simple-flask":
            return int(environment["WEB_WORKERS"]) * int(environment["DATABASE_POOL_SIZE"])
        case "api-fastapi":  # one process; each feed has one more
            standbys = int(environment["READ_DATABASE_POOL_SIZE"]) + 1 if "READ_DATABASE_URL" in environment else 0
            return max(int(environment["DATABASE_POOL_SIZE"]), 3) + 1 + standbys
        case _:
            return MIGRATE if workload.kind == "Job" else 1 if workload.kind == "CronJob" else 0


# The pods that connect as each role; the Job's other two are the owner's and the superuser's.
ROLES = {
    "admin_django": ("admin-django", "migrate", "rotate-keys", "clear-sessions"),
    "simple_flask": ("simple-flask",),
    "api_fastapi": ("api-fastapi",),
}


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


def _max_connections(objects: Sequence[Object]) -> int:
    for cluster in of_kind(objects, "Cluster"):
        return int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
    return DEFAULT_MAX_CONNECTIONS


def limits(objects: Sequence[Object]) -> dict[str, int]:
    """Return the CONNECTION LIMIT of each service's role: its Cluster's, or what roles.sql computes."""
    found = dict.fromkeys(ROLES, (_max_connections(objects) - 10) // 3)
    for cluster in of_kind(objects, "Cluster"):
        found = {role["name"]: role.get("connectionLimit", -1) for role in cluster["spec"]["managed"]["roles"]}
    return found


def fits_into_max_connections(objects: Sequence[Object]) -> Iterator[str]:
    """All that may be asked for, reads of standbys included, fits into one server: after a fail-over it may have to."""
    limit, wanted = _max_connections(objects), demands(objects)
    if sum(wanted.values()) > limit:
        yield f"{sum(wanted.values())} connections of {limit}: {wanted}"


def fits_into_the_roles_limits(objects: Sequence[Object]) -> Iterator[str]:
    """No role can have the connections of the others, and each has those that its pods may ask for."""
    wanted, allowed = demands(objects), limits(objects)
    for role, pods in ROLES.items():  # the Job's name ends in its content's hash
        if sum(number for name, number in wanted.items() if name.startswith(pods)) > allowed[role]:
            yield f"{role} may have {allowed[role]} connections, and its pods want more: {wanted}"
    if min(allowed.values()) < 0 or sum(allowed.values()) + RESERVED > _max_connections(objects):
        yield f"the roles may have {allowed}, of {_max_connections(objects)} connections: nothing is left for others"
