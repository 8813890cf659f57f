"""What runs all the time: how it is found alive and ready, replaced, and ended."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from k8s.commands.kustomize import Object
from k8s.commands.rules.environment import resolved
from k8s.commands.rules.parts import of_kind, selects, serving

ROOT = Path(__file__).resolve().parents[3]
GUNICORN = ("shared/triptych_shared/gunicorn_settings.py", r"^graceful_timeout = (\d+)")
# How long each server may take from its signal to its end, in its own words.
DRAINS = {
    "admin-django": GUNICORN,
    "simple-flask": GUNICORN,
    "api-fastapi": ("services/api-fastapi/api_fastapi/__main__.py", r"timeout_graceful_shutdown=(\d+)"),
    "gateway": ("gateway/nginx/nginx.conf", r"^worker_shutdown_timeout (\d+)s"),
}
HEARD = 5  # seconds after which every node has heard that a pod is no more to be asked
SPARE = 5  # seconds from the end of draining to SIGKILL
HEADLESS = "-headless"  # how the Services without an address of their own are called
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def drain(name: str) -> int:
    """Return the seconds that a server takes at most to drain, read where it is set."""
    file, pattern = DRAINS[name]
    found = re.search(pattern, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise LookupError(f"{file} does not say {pattern}")
    return int(found[1])


def have_three_probes(objects: Sequence[Object]) -> Iterator[str]:
    """And what ends a process never asks the database: a restart does not bring that back."""
    for each in serving(objects):
        for container in each.containers:
            for probe in PROBES:
                if probe not in container:
                    yield f"{each}: no {probe}"
            for probe in ("startupProbe", "livenessProbe"):
                path = container.get(probe, {}).get("httpGet", {}).get("path", "/livez")
                if path != "/livez":
                    yield f"{each}: its {probe} asks {path}"
            ready = container.get("readinessProbe", {}).get("httpGet", {}).get("path")
            component = each.labels["app.kubernetes.io/component"]
            if component == "service" and ready != "/readyz":
                yield f"{each}: gets requests before it can answer them"
            if component == "gateway" and ready != "/livez":
                yield f"{each}: is taken away with the services, whose absence it has answers for"


def are_asked_by_a_name_they_answer_to(objects: Sequence[Object]) -> Iterator[str]:
    """Django refuses a Host that is none of its names, from the kubelet too, which would otherwise use an address."""
    for each in serving(objects):
        for container in each.containers:
            names = resolved(container, objects).get("DJANGO_ALLOWED_HOSTS", "*").split(",")
            for probe in PROBES:
                headers = container.get(probe, {}).get("httpGet", {}).get("httpHeaders", [])
                asked = {header["value"] for header in headers if header["name"] == "Host"}
                if "*" not in names and not asked & set(names):
                    yield f"{each}: its {probe} asks for {asked}, and it is called {names}"


def never_lack_a_pod(objects: Sequence[Object]) -> Iterator[str]:
    """A new pod is ready before an old one ends."""
    for each in of_kind(objects, "Deployment"):
        strategy = each["spec"].get("strategy", {}).get("rollingUpdate", {})
        if strategy.get("maxUnavailable") != 0 or not strategy.get("maxSurge"):
            yield f"Deployment {each['metadata']['name']}: {strategy}"


def drain_before_they_end(objects: Sequence[Object]) -> Iterator[str]:
    """preStop while the nodes hear of it, then the server's own draining, then some seconds to spare."""
    for each in serving(objects):
        if each.kind != "Deployment":
            continue
        for container in each.containers:
            pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            if pause < HEARD:
                yield f"{each}: ends {pause} s after it is told to"
            grace = each.pod.get("terminationGracePeriodSeconds", 30)
            if grace < pause + drain(each.name) + SPARE:
                yield f"{each}: {grace} s are less than {pause} + {drain(each.name)} + {SPARE}"


def may_be_evicted_one_by_one(objects: Sequence[Object]) -> Iterator[str]:
    """Each has a disruption budget that lets a node be emptied, but not two pods at a time."""
    budgets = of_kind(objects, "PodDisruptionBudget")
    for each in serving(objects):
        found = [one["spec"] for one in budgets if selects(one["spec"]["selector"], each.labels)]
        if [one.get("maxUnavailable") for one in found] != [1]:
            yield f"{each}: {len(found)} disruption budgets {found}"


def are_reached_by_their_service(objects: Sequence[Object]) -> Iterator[str]:
    """Each Service means the pods of one workload, and a port that they have."""
    pods = serving(objects)
    services = of_kind(objects, "Service")
    for service in services:
        name, spec = service["metadata"]["name"], service["spec"]
        meant = [each for each in pods if selects({"matchLabels": spec["selector"]}, each.labels)]
        if [each.name for each in meant] != [name.removesuffix(HEADLESS)]:
            yield f"Service {name}: means {[str(each) for each in meant]}"
        if name.endswith(HEADLESS) != (spec.get("clusterIP") == "None"):
            yield f"Service {name}: has the cluster IP {spec.get('clusterIP')}"
        ports = {port["name"] for each in meant for one in each.containers for port in one.get("ports", [])}
        if {port["targetPort"] for port in spec["ports"]} - ports:
            yield f"Service {name}: leads to no port of its pods"
    for each in pods:
        if each.name not in {service["metadata"]["name"] for service in services}:
            yield f"{each}: has no Service"
        if not selects(each.object["spec"]["selector"], each.labels):
            yield f"{each}: does not select its own pods"


def are_asked_pod_by_pod(objects: Sequence[Object]) -> Iterator[str]:
    """The gateway sees each pod of a service, so that one answers for another, and at last the Service."""
    for gateway in serving(objects):
        if gateway.labels["app.kubernetes.io/component"] != "gateway":
            continue
        told = resolved(gateway.containers[0], objects)
        for each in serving(objects):
            variable = f"{each.name.upper().replace('-', '_')}_UPSTREAM"
            asked = f"{each.name}{HEADLESS}:8000 {each.name}:8000"
            if each.labels["app.kubernetes.io/component"] == "service" and told.get(variable) != asked:
                yield f"{gateway}: {variable} is {told.get(variable)!r}, not {asked!r}"
