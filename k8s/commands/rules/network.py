"""Who may speak to whom: the network policies, worked out for every pair of pods."""

import ipaddress
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8s.commands.kustomize import Object
from k8s.commands.rules.parts import of_kind, selects, workloads

Labels = Mapping[str, str]

ANYBODY = "anybody"
OUTSIDE = "outside"  # whoever is not in this namespace
DNS = "dns"
NODE_DNS = "dns on the node"  # NodeLocal DNSCache, which has an address and no labels
OPERATOR = "operator"  # CloudNativePG's
ADDRESSES = {NODE_DNS: "169.254.20.10"}
NAMESPACES = {OUTSIDE: "elsewhere", DNS: "kube-system", OPERATOR: "cnpg-system"}
STRANGER = "stranger"  # a pod in this namespace that no policy has heard of
PORTS = (53, 443, 5432, 8000, 8080)
SERVICES = ("admin-django", "simple-flask", "api-fastapi")
DATABASE_USERS = (*SERVICES, "migrate", "rotate-keys", "clear-sessions")
ARROWS = {
    (ANYBODY, "gateway", 8080),
    *(("gateway", service, 8000) for service in SERVICES),
    *((user, "postgres", 5432) for user in DATABASE_USERS),
}
# Where CloudNativePG runs Postgres: among the instances, from the operator, and to the API server.
CLUSTER_ARROWS = {
    *((manager, "postgres", port) for manager in ("postgres", OPERATOR) for port in (5432, 8000)),
    ("postgres", ANYBODY, 443),
}


def lets_through_exactly_the_arrows(objects: Sequence[Object]) -> Iterator[str]:
    """What the policies allow is what the picture shows, at both ends; and everybody may look up names."""
    policies = [each["spec"] for each in of_kind(objects, "NetworkPolicy")]
    pods: dict[str, Labels] = {each.labels["app.kubernetes.io/name"]: each.labels for each in workloads(objects)}
    arrows = set(ARROWS)
    for cluster in of_kind(objects, "Cluster"):
        pods["postgres"] = _operated_labels(cluster)
        arrows |= CLUSTER_ARROWS
    pods[STRANGER] = {}
    arrows |= {(pod, dns, 53) for pod in pods for dns in (DNS, NODE_DNS)}
    others: dict[str, Labels] = {
        OUTSIDE: {},
        DNS: {"k8s-app": "kube-dns"},
        NODE_DNS: {},
        OPERATOR: {"app.kubernetes.io/name": "cloudnative-pg"},
    }
    peers = pods | others
    for pod, peer, port in itertools.product(pods, peers, PORTS):
        for way, shown in (
            ("Egress", {(pod, peer, port), (pod, ANYBODY, port)} & arrows),
            ("Ingress", {(peer, pod, port), (ANYBODY, pod, port)} & arrows),
        ):
            if _passes(policies, way, pod, peer, peers, port) != bool(shown):
                may = "may not" if shown else "may"
                yield f"{pod} {may} {'speak to' if way == 'Egress' else 'hear from'} {peer}, port {port}"


def _operated_labels(cluster: Object) -> Labels:
    """Return the labels of CloudNativePG's instances: `cnpg.io/cluster`, and what it adds to what they inherit.

    See https://github.com/cloudnative-pg/cloudnative-pg/issues/8066: versions differ in how they name the application.
    """
    inherited: Labels = cluster["spec"]["inheritedMetadata"]["labels"]
    return {**inherited, "cnpg.io/cluster": cluster["metadata"]["name"], "app.kubernetes.io/name": "postgresql"}


def _passes(
    policies: Sequence[Mapping[str, Any]], way: str, pod: str, other: str, peers: Mapping[str, Labels], port: int
) -> bool:
    """Tell whether the policies that mean `pod` let it speak (Egress) to `other`, or hear (Ingress) from it."""
    meant = [each for each in policies if way in each["policyTypes"] and selects(each["podSelector"], peers[pod])]
    rules = [rule for policy in meant for rule in policy.get(way.lower(), [])]
    side = "to" if way == "Egress" else "from"
    return not meant or any(
        (side not in rule or any(_is_peer(each, other, peers[other]) for each in rule[side]))
        and ("ports" not in rule or port in [each["port"] for each in rule["ports"]])
        for rule in rules
    )


def _is_peer(peer: Mapping[str, Any], name: str, labels: Labels) -> bool:
    if "ipBlock" in peer:
        block = ipaddress.ip_network(peer["ipBlock"]["cidr"])
        if name in ADDRESSES:
            return ipaddress.ip_address(ADDRESSES[name]) in block
        return not block.is_link_local  # any other may have any address but one that is its node's own
    if name in ADDRESSES:
        return False
    if "namespaceSelector" not in peer:
        return name not in NAMESPACES and selects(peer["podSelector"], labels)
    namespace = {"kubernetes.io/metadata.name": NAMESPACES.get(name, "triptych")}
    return selects(peer["namespaceSelector"], namespace) and selects(peer.get("podSelector", {}), labels)
