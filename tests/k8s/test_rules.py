"""Our own rules: every overlay keeps them, and each of them notices when it is broken."""

from collections.abc import Callable
from typing import Any

import pytest

from k8s.commands import rules
from k8s.commands.kustomize import Object
from k8s.commands.rules import budget, cluster, environment, jobs, labels, network, pods, rollouts, secrets
from tests.k8s.manifests import broken_copy, containers, named

Objects = list[Object]
Breaking = Callable[[Objects], None]


def test_every_rule_is_kept(objects: Objects) -> None:
    assert list(rules.broken(objects)) == []


def put(kind: str, name: str, *path: Any, value: Any) -> Breaking:
    """Return what sets a value deep in an object; None removes it."""

    def breaking(objects: Objects) -> None:
        place: Any = named(objects, kind, name)
        for step in path[:-1]:
            place = place[step]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value

    return breaking


def drop(kind: str, name: str) -> Breaking:
    """Return what removes an object."""

    def breaking(objects: Objects) -> None:
        objects.remove(named(objects, kind, name))

    return breaking


def in_pod(kind: str, name: str, *path: Any, value: Any) -> Breaking:
    """Return what sets a value in a workload's pods."""
    return put(kind, name, "spec", "template", "spec", *path, value=value)


def in_container(name: str, *path: Any, value: Any, kind: str = "Deployment") -> Breaking:
    """Return what sets a value in a workload's container."""
    return in_pod(kind, name, "containers", 0, *path, value=value)


def reverse_variables(objects: Objects) -> None:
    """Put what is mentioned behind what mentions it."""
    containers(objects)["api-fastapi"][1]["env"].reverse()


def in_arrow(name: str, way: str, *path: Any, value: Any) -> Breaking:
    """Return what changes a network policy's first rule."""
    return put("NetworkPolicy", name, "spec", way, 0, *path, value=value)


PRODUCTION = "production"
BROKEN: list[tuple[str, rules.Rule, Breaking]] = [
    ("local", pods.are_restricted, in_pod("Deployment", "gateway", "securityContext", "seccompProfile", value=None)),
    ("local", pods.are_restricted, in_pod("Job", "migrate", "securityContext", "runAsNonRoot", value=False)),
    ("local", pods.are_restricted, in_pod("StatefulSet", "postgres", "securityContext", "runAsUser", value=0)),
    ("local", pods.are_restricted, in_pod("Deployment", "gateway", "hostNetwork", value=True)),
    (
        "local",
        pods.are_restricted,
        in_pod("Deployment", "gateway", "volumes", 0, value={"name": "tmp", "hostPath": {}}),
    ),
    ("local", pods.are_restricted, in_container("gateway", "securityContext", "capabilities", value=None)),
    (
        "local",
        pods.are_restricted,
        in_container("gateway", "securityContext", "capabilities", value={"drop": ["KILL"]}),
    ),
    ("local", pods.are_restricted, in_container("gateway", "securityContext", "allowPrivilegeEscalation", value=None)),
    ("local", pods.are_restricted, in_container("gateway", "ports", 0, "hostPort", value=80)),
    (
        "local",
        pods.are_restricted,
        put("Namespace", "triptych", "metadata", "labels", "pod-security.kubernetes.io/enforce", value="baseline"),
    ),
    (
        "local",
        pods.have_a_read_only_root,
        in_container("api-fastapi", "securityContext", "readOnlyRootFilesystem", value=None),
    ),
    ("local", pods.have_a_read_only_root, in_container("gateway", "volumeMounts", value=[])),
    (
        "local",
        pods.have_a_read_only_root,
        in_pod("Deployment", "gateway", "volumes", 0, "emptyDir", "sizeLimit", value=None),
    ),
    (
        "local-volume",
        pods.have_a_read_only_root,
        in_pod("StatefulSet", "postgres", "securityContext", "fsGroupChangePolicy", value="Always"),
    ),
    ("local", pods.have_no_token, in_pod("Deployment", "gateway", "automountServiceAccountToken", value=None)),
    ("local", pods.have_no_token, put("ServiceAccount", "gateway", "automountServiceAccountToken", value=None)),
    ("local", pods.have_no_token, in_pod("Deployment", "gateway", "serviceAccountName", value="default")),
    ("local", pods.have_no_token, in_pod("Deployment", "gateway", "enableServiceLinks", value=None)),
    ("local", pods.say_what_they_need, in_container("gateway", "resources", "requests", "cpu", value=None)),
    ("local", pods.say_what_they_need, in_container("gateway", "resources", "limits", value=None)),
    ("local", pods.run_pinned_images, in_container("gateway", "image", value="docker.io/triptych/gateway")),
    ("local", pods.run_pinned_images, in_container("gateway", "image", value="docker.io/triptych/gateway:latest")),
    ("local", pods.run_pinned_images, in_container("gateway", "image", value="triptych/gateway:0.2.0")),
    ("local", pods.run_pinned_images, in_container("gateway", "imagePullPolicy", value="Always")),
    ("local", environment.is_complete, drop("Secret", "database-api-fastapi")),
    ("local", environment.is_complete, drop("ConfigMap", "gateway")),
    (PRODUCTION, environment.mentions_only_what_stands_before, reverse_variables),
    ("local", rollouts.have_three_probes, in_container("gateway", "startupProbe", value=None)),
    ("local", rollouts.have_three_probes, in_container("postgres", "livenessProbe", value=None, kind="StatefulSet")),
    (
        "local",
        rollouts.have_three_probes,
        in_container("admin-django", "livenessProbe", "httpGet", "path", value="/readyz"),
    ),
    (
        "local",
        rollouts.have_three_probes,
        in_container("admin-django", "readinessProbe", "httpGet", "path", value="/livez"),
    ),
    (
        "local",
        rollouts.have_three_probes,
        in_container("gateway", "readinessProbe", "httpGet", "path", value="/readyz"),
    ),
    (
        PRODUCTION,
        rollouts.are_asked_by_a_name_they_answer_to,
        put("ConfigMap", "admin-django", "data", "DJANGO_ALLOWED_HOSTS", value="shop.example"),
    ),
    ("local", rollouts.never_lack_a_pod, put("Deployment", "gateway", "spec", "strategy", value={"type": "Recreate"})),
    (
        "local",
        rollouts.never_lack_a_pod,
        put("Deployment", "gateway", "spec", "strategy", "rollingUpdate", "maxUnavailable", value=1),
    ),
    ("local", rollouts.drain_before_they_end, in_container("simple-flask", "lifecycle", value=None)),
    (
        "local",
        rollouts.drain_before_they_end,
        in_pod("Deployment", "simple-flask", "terminationGracePeriodSeconds", value=29),
    ),
    ("local", rollouts.may_be_evicted_one_by_one, drop("PodDisruptionBudget", "simple-flask")),
    (
        "local",
        rollouts.may_be_evicted_one_by_one,
        put("PodDisruptionBudget", "gateway", "spec", value={"minAvailable": 1, "selector": {}}),
    ),
    (
        "local",
        rollouts.are_reached_by_their_service,
        put("Service", "api-fastapi", "spec", "selector", "app.kubernetes.io/name", value="fastapi"),
    ),
    (
        "local",
        rollouts.are_reached_by_their_service,
        put("Service", "api-fastapi", "spec", "ports", 0, "targetPort", value="web"),
    ),
    ("local", rollouts.are_reached_by_their_service, drop("Service", "postgres")),
    (
        "local",
        rollouts.are_reached_by_their_service,
        put("Service", "api-fastapi-headless", "spec", "clusterIP", value=None),
    ),
    ("local", rollouts.are_reached_by_their_service, put("Service", "api-fastapi", "spec", "clusterIP", value="None")),
    (
        "local",
        rollouts.are_asked_pod_by_pod,
        in_container("gateway", "env", 0, "value", value="admin-django:8000"),
    ),
    ("local", pods.leave_their_last_words, in_container("api-fastapi", "terminationMessagePolicy", value=None)),
    ("local", jobs.fail_within_minutes, put("Job", "migrate", "spec", "backoffLimit", value=30)),
    ("local", jobs.fail_within_minutes, in_pod("Job", "migrate", "restartPolicy", value="OnFailure")),
    ("local", jobs.can_be_applied_again, put("Job", "migrate", "metadata", "name", value="migrate")),
    ("local", jobs.can_be_applied_again, put("Job", "migrate", "spec", "backoffLimit", value=None)),
    ("local", jobs.can_be_applied_again, in_container("migrate", "image", value="triptych/x:0.3.0", kind="Job")),
    (
        "local",
        jobs.can_be_applied_again,
        in_container("migrate", "envFrom", value=[{"configMapRef": {"name": "admin-django"}}], kind="Job"),
    ),
    ("local", jobs.can_be_applied_again, put("CronJob", "rotate-keys", "spec", "concurrencyPolicy", value="Allow")),
    (
        "local",
        labels.are_the_recommended_ones,
        put("Service", "gateway", "metadata", "labels", "app.kubernetes.io/component", value=None),
    ),
    (
        "local",
        labels.are_the_recommended_ones,
        put("Deployment", "gateway", "metadata", "labels", "app.kubernetes.io/version", value="0.1.0"),
    ),
    ("local", network.lets_through_exactly_the_arrows, drop("NetworkPolicy", "default-deny")),
    ("local", network.lets_through_exactly_the_arrows, drop("NetworkPolicy", "dns")),
    ("local", network.lets_through_exactly_the_arrows, drop("NetworkPolicy", "gateway")),
    ("local", network.lets_through_exactly_the_arrows, drop("NetworkPolicy", "services")),
    ("local", network.lets_through_exactly_the_arrows, drop("NetworkPolicy", "jobs")),
    ("local", network.lets_through_exactly_the_arrows, drop("NetworkPolicy", "postgres")),
    ("local", network.lets_through_exactly_the_arrows, in_arrow("services", "ingress", "from", value=None)),
    ("local", network.lets_through_exactly_the_arrows, in_arrow("services", "egress", "ports", 0, "port", value=443)),
    ("local", network.lets_through_exactly_the_arrows, in_arrow("postgres", "ingress", value={})),
    (
        "local",
        network.lets_through_exactly_the_arrows,
        in_arrow("dns", "egress", "to", 0, "namespaceSelector", value={"matchLabels": {"team": "other"}}),
    ),
    (
        "local",
        network.lets_through_exactly_the_arrows,
        in_arrow("gateway", "egress", "to", 0, "podSelector", value={}),
    ),
    (PRODUCTION, network.lets_through_exactly_the_arrows, drop("NetworkPolicy", "postgres-cluster")),
    (
        PRODUCTION,
        network.lets_through_exactly_the_arrows,
        in_arrow(
            "jobs", "egress", "to", 0, "podSelector", value={"matchLabels": {"app.kubernetes.io/name": "postgres"}}
        ),
    ),
    ("local", network.lets_through_exactly_the_arrows, in_arrow("dns", "egress", "to", 1, value=None)),
    (
        "local",
        network.lets_through_exactly_the_arrows,
        in_arrow("dns", "egress", "to", 1, "ipBlock", "cidr", value="10.0.0.0/8"),
    ),
    (
        "local",
        secrets.are_nowhere_in_clear,
        put("ConfigMap", "gateway", "data", "DATABASE_URL", value="postgresql://a:b@postgres/triptych"),
    ),
    (
        "local",
        secrets.are_nowhere_in_clear,
        in_container("simple-flask", "env", 1, "value", value="postgresql://simple_flask:demo@postgres:5432/triptych"),
    ),
    (
        "local",
        secrets.are_nowhere_in_clear,
        in_container("admin-django", "env", 0, value={"name": "DATABASE_PASSWORD", "value": "demo"}),
    ),
    (
        "local",
        secrets.are_nowhere_in_clear,
        in_container("simple-flask", "env", 0, "valueFrom", "secretKeyRef", "name", value="database-owner-9h4c8mcb97"),
    ),
    (
        PRODUCTION,
        budget.fits_into_max_connections,
        put("HorizontalPodAutoscaler", "api-fastapi", "spec", "maxReplicas", value=30),
    ),
    ("local", budget.fits_into_max_connections, put("Deployment", "simple-flask", "spec", "replicas", value=10)),
    ("local", budget.fits_into_max_connections, put("ConfigMap", "admin-django", "data", "WEB_THREADS", value="64")),
    ("local", budget.fits_into_the_roles_limits, put("ConfigMap", "admin-django", "data", "WEB_THREADS", value="20")),
    (
        PRODUCTION,
        budget.fits_into_the_roles_limits,
        put("Cluster", "postgres", "spec", "managed", "roles", 2, "connectionLimit", value=150),
    ),
    (
        PRODUCTION,
        budget.fits_into_the_roles_limits,
        put("Cluster", "postgres", "spec", "managed", "roles", 0, "connectionLimit", value=-1),
    ),
    (
        PRODUCTION,
        cluster.is_as_the_services_need_it,
        put("Cluster", "postgres", "spec", "bootstrap", "initdb", "localeprovider", value="builtin"),
    ),
    (PRODUCTION, cluster.is_as_the_services_need_it, put("Cluster", "postgres", "spec", "instances", value=1)),
    (
        PRODUCTION,
        cluster.is_as_the_services_need_it,
        put("Cluster", "postgres", "spec", "inheritedMetadata", "labels", "app.kubernetes.io/name", value="postgres"),
    ),
    (
        PRODUCTION,
        cluster.is_as_the_services_need_it,
        put("Cluster", "postgres", "spec", "imageName", value="ghcr.io/cloudnative-pg/postgresql:17-minimal-trixie"),
    ),
    (
        PRODUCTION,
        cluster.is_as_the_services_need_it,
        put("Cluster", "postgres", "spec", "managed", "roles", 0, "passwordSecret", "name", value="database-owner"),
    ),
    (
        PRODUCTION,
        cluster.is_as_the_services_need_it,
        put("Cluster", "postgres", "spec", "managed", "roles", 1, "login", value=False),
    ),
    (
        PRODUCTION,
        cluster.is_as_the_services_need_it,
        put("Cluster", "postgres", "spec", "bootstrap", "initdb", "postInitApplicationSQL", value=[]),
    ),
]


@pytest.mark.parametrize(
    ("overlay", "rule", "breaking"),
    BROKEN,
    ids=[f"{rule.__name__}-{number}" for number, (_, rule, _) in enumerate(BROKEN)],
)
def test_a_broken_copy_is_noticed(
    all_objects: dict[str, Objects], overlay: str, rule: rules.Rule, breaking: Breaking
) -> None:
    objects = broken_copy(all_objects[overlay])
    breaking(objects)
    assert list(rule(objects)) != []


def test_every_rule_is_seen_to_fail() -> None:
    assert {rule for _, rule, _ in BROKEN} == set(rules.RULES)


def test_production_is_spread_has_a_priority_and_leaves_the_replicas_to_the_autoscalers(production: Objects) -> None:
    for workload, _ in containers(production).values():
        if workload.kind != "Deployment":
            continue
        assert "replicas" not in workload.object["spec"]
        assert workload.pod["priorityClassName"] == "triptych"
        keys = {each["topologyKey"] for each in workload.pod["topologySpreadConstraints"]}
        assert keys == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
        scaler = named(production, "HorizontalPodAutoscaler", workload.name)
        assert scaler["spec"]["minReplicas"] == 2


def test_no_service_is_worth_more_than_the_database(production: Objects) -> None:
    services = {
        each.pod["priorityClassName"] for each, _ in containers(production).values() if each.kind == "Deployment"
    }
    assert {named(production, "Cluster", "postgres")["spec"]["priorityClassName"]} == services


def test_local_needs_nothing_of_the_cluster(local: Objects) -> None:
    kinds = {each["kind"] for each in local}
    assert kinds.isdisjoint({"Ingress", "HorizontalPodAutoscaler", "PersistentVolumeClaim", "Cluster", "PriorityClass"})
    assert all(each["spec"]["replicas"] == 1 for each in local if each["kind"] in ("Deployment", "StatefulSet"))
