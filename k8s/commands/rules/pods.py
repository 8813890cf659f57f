"""What a pod may do: Pod Security "restricted", and more."""

import re
from collections.abc import Iterator, Sequence

from k8s.commands.kustomize import Object
from k8s.commands.rules.parts import of_kind, workloads

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def are_restricted(objects: Sequence[Object]) -> Iterator[str]:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/: "restricted", users given by number."""
    for namespace in of_kind(objects, "Namespace"):
        if namespace["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
            yield "the namespace does not enforce it"
    for each in workloads(objects):
        pod, whole = each.pod, each.pod.get("securityContext", {})
        for host in ("hostNetwork", "hostPID", "hostIPC"):
            if pod.get(host):
                yield f"{each}: {host}"
        for volume in pod.get("volumes", []):
            if not VOLUMES & set(volume):
                yield f"{each}: the volume {volume['name']} is of no allowed type"
        for container in each.containers:
            own = container.get("securityContext", {})
            both = whole | own
            if both.get("runAsNonRoot") is not True or not both.get("runAsUser") or not both.get("runAsGroup"):
                yield f"{each}: may run as root, or its user is not named by a number"
            if both.get("seccompProfile", {}).get("type") != "RuntimeDefault":
                yield f"{each}: no seccomp profile"
            if own.get("privileged") or own.get("allowPrivilegeEscalation") is not False:
                yield f"{each}: may gain privileges"
            if own.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{each}: keeps capabilities"
            if any("hostPort" in port for port in container.get("ports", [])):
                yield f"{each}: takes a port of the node"


def have_a_read_only_root(objects: Sequence[Object]) -> Iterator[str]:
    """What is written goes to a volume, and what is no database goes to an emptyDir that is bounded."""
    for each in workloads(objects):
        for container in each.containers:
            if container.get("securityContext", {}).get("readOnlyRootFilesystem") is not True:
                yield f"{each}: can write to its image"
            if "/tmp" not in [mount["mountPath"] for mount in container.get("volumeMounts", [])]:
                yield f"{each}: has no /tmp to write to"
        for volume in each.pod.get("volumes", []):
            if volume["name"] != "data" and "sizeLimit" not in volume.get("emptyDir", {}):
                yield f"{each}: the volume {volume['name']} may fill the node"
            if "persistentVolumeClaim" in volume:
                security = each.pod["securityContext"]
                if not security.get("fsGroup") or security.get("fsGroupChangePolicy") != "OnRootMismatch":
                    yield f"{each}: the volume's modes are changed at every start, and Postgres refuses them"


def have_no_token(objects: Sequence[Object]) -> Iterator[str]:
    """Nobody here speaks to Kubernetes; and no service needs the addresses of the others in its environment."""
    for account in of_kind(objects, "ServiceAccount"):
        if account.get("automountServiceAccountToken") is not False:
            yield f"ServiceAccount {account['metadata']['name']}: gives a token"
    accounts = {each["metadata"]["name"] for each in of_kind(objects, "ServiceAccount")}
    for each in workloads(objects):
        if each.pod.get("automountServiceAccountToken") is not False:
            yield f"{each}: takes a token"
        if each.pod.get("serviceAccountName") not in accounts:
            yield f"{each}: has no account of its own"
        if each.pod.get("enableServiceLinks") is not False:
            yield f"{each}: has the addresses of all services in its environment"


def say_what_they_need(objects: Sequence[Object]) -> Iterator[str]:
    """Requests for the scheduler, and a limit of memory, so that a leak is its own pod's trouble."""
    for each in workloads(objects):
        for container in each.containers:
            resources = container.get("resources", {})
            if set(resources.get("requests", {})) < {"cpu", "memory"} or "memory" not in resources.get("limits", {}):
                yield f"{each}: does not say what it needs"


def run_pinned_images(objects: Sequence[Object]) -> Iterator[str]:
    """A whole name and a tag that means something; what was loaded by hand is not asked for at a registry."""
    for each in workloads(objects):
        for container in each.containers:
            tag = re.search(r":([^/:]+)$", container["image"])
            if not tag or tag[1] == "latest":
                yield f"{each}: the image {container['image']} is not pinned"
            if not re.match(r"[^/]+[.:][^/]*/", container["image"]):
                yield f"{each}: which registry {container['image']} is from, has to be guessed"
            if container.get("imagePullPolicy") != "IfNotPresent":
                yield f"{each}: an image that is there already is pulled"


def leave_their_last_words(objects: Sequence[Object]) -> Iterator[str]:
    """Why a container ended stands in its pod's status: the end of its log, which may be gone when somebody looks."""
    for each in workloads(objects):
        for container in each.containers:
            if container.get("terminationMessagePolicy") != "FallbackToLogsOnError":
                yield f"{each}: {container['name']} ends without a word"
