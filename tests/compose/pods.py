"""The pods of rendered manifests as containers of a Docker engine: what can be executed without a cluster.

The same image, arguments, environment, user and limits; an emptyDir is a tmpfs, a Service a whole name in a network.
Probes by HTTP are asked from outside, as the kubelet asks them; those by a command are the container's health check.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from k8s.commands.kustomize import Object
from k8s.commands.rules.environment import resolved
from k8s.commands.rules.parts import Workload, of_kind, selects, workloads

CLUSTER_DOMAIN = "triptych.svc.cluster.local"


def docker(*arguments: str, check: bool = True) -> str:
    """Run docker and return what it printed. Raises CalledProcessError, with what it complained of, when it fails."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120)
    if check and done.returncode:
        raise AssertionError(f"docker {shlex.join(arguments)}: {done.stderr}")
    return done.stdout.strip()


@dataclass
class Pods:
    """The containers of one overlay; `images` are the built ones by the names that the manifests have for them."""

    name: str
    objects: Sequence[Object]
    images: Mapping[str, str]
    started: list[str] = field(default_factory=list)

    def __enter__(self) -> "Pods":
        docker("network", "create", self.name)
        return self

    def __exit__(self, *_: object) -> None:
        docker("rm", "--force", "--volumes", *self.started, check=False)
        docker("network", "rm", self.name)

    def workload(self, name: str) -> Workload:
        """Return the workload whose container has this name."""
        return next(each for each in workloads(self.objects) if each.pod["containers"][0]["name"] == name)

    def start(self, name: str) -> str:
        """Start a workload's container, and return the name it has here."""
        workload = self.workload(name)
        [container] = workload.containers
        here = f"{self.name}-{name}"
        self.started.append(here)
        image = container["image"]
        docker(
            "run", "--detach", "--name", here, *self._place(name, workload), *_security(workload, container),
            *_volumes(workload, container), *_limits(container), *_health(container), *self._environment(container),
            self.images.get(image.rpartition(":")[0], image), *container.get("args", []),
        )  # fmt: skip
        return here

    def _place(self, name: str, workload: Workload) -> list[str]:
        options = ["--network", self.name]
        for service in of_kind(self.objects, "Service"):
            if selects({"matchLabels": service["spec"]["selector"]}, workload.labels):
                options += ["--network-alias", f"{service['metadata']['name']}.{CLUSTER_DOMAIN}"]
        options += ["--dns-search", CLUSTER_DOMAIN, "--dns-option", "ndots:5"]  # a short name is no name by itself
        for port in workload.containers[0].get("ports", []):
            options += ["--publish", f"127.0.0.1::{port['containerPort']}"]
        if workload.kind == "Job":
            options += ["--restart", f"on-failure:{workload.object['spec']['backoffLimit']}"]
        return options

    def _environment(self, container: Object) -> list[str]:
        environment = {"KUBERNETES_SERVICE_HOST": "10.96.0.1"} | resolved(container, self.objects)  # told to every pod
        return [word for key, value in environment.items() for word in ("--env", f"{key}={value}")]

    def state(self, name: str) -> Any:
        """Return what the engine knows of the container's state."""
        return json.loads(docker("inspect", "--format", "{{json .State}}", f"{self.name}-{name}"))

    def address(self, name: str) -> str:
        """Return where the container's port is reached from this machine."""
        return docker("port", f"{self.name}-{name}").rpartition(" ")[2]

    def passes(self, name: str, probe: str) -> bool:
        """Tell whether the container's probe succeeds. Raises OSError when nobody answers."""
        asked = self.workload(name).containers[0][probe]
        if "exec" in asked:
            return str(self.state(name)["Health"]["Status"]) == "healthy"
        headers = {each["name"]: each["value"] for each in asked["httpGet"].get("httpHeaders", [])}
        request = Request(f"http://{self.address(name)}{asked['httpGet']['path']}", headers=headers)
        with suppress(HTTPError), urlopen(request, timeout=asked["timeoutSeconds"]):
            return True
        return False

    def complaints(self) -> str:
        """Return which containers ran out of memory, and what each one's log says of errors and answers from 500 on."""
        told = []
        for container in self.started:
            if docker("inspect", "--format", "{{.State.OOMKilled}}", container, check=False) == "true":
                told.append(f"{container} ran out of memory")
            told += [f"{container}: {line}" for line in _complaints(container)[-20:]]
        return "\n".join(told)

    def has_succeeded(self, name: str) -> bool:
        """Tell whether the container has ended, and well."""
        state = self.state(name)
        return (state["Status"], state["ExitCode"]) == ("exited", 0)


def _complaints(container: str) -> list[str]:
    log = subprocess.run(["docker", "logs", container], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    telling = r'\[(error|crit|alert|emerg)\]|"status":5|"level": "(ERROR|CRITICAL)"|FATAL:|PANIC:|signal 9'
    return [line for line in log.stdout.splitlines() if re.search(telling, line)]


def _security(workload: Workload, container: Object) -> list[str]:
    pod, own = workload.pod["securityContext"], container["securityContext"]
    options = ["--user", f"{pod['runAsUser']}:{pod['runAsGroup']}"]
    options += [f"--cap-drop={capability}" for capability in own["capabilities"]["drop"]]
    if own["readOnlyRootFilesystem"]:
        options.append("--read-only")
    if not own["allowPrivilegeEscalation"]:
        options += ["--security-opt", "no-new-privileges:true"]
    return options


def _volumes(workload: Workload, container: Object) -> list[str]:
    sizes = {volume["name"]: volume["emptyDir"].get("sizeLimit", "1Gi") for volume in workload.pod.get("volumes", [])}
    mounts = {mount["mountPath"]: _bytes(sizes[mount["name"]]) for mount in container["volumeMounts"]}
    return [word for path, size in mounts.items() for word in ("--tmpfs", f"{path}:mode=1777,size={size}")]


def _limits(container: Object) -> list[str]:
    memory = _bytes(container["resources"]["limits"]["memory"])
    return ["--memory", str(memory), "--memory-swap", str(memory), "--pids-limit", "256"]


def _bytes(size: str) -> int:
    return int(size[:-2]) * {"Mi": 2**20, "Gi": 2**30}[size[-2:]]


def _health(container: Object) -> list[str]:
    """Return a readiness probe by a command as a health check; as long as the startup probe waits, nothing counts."""
    if "exec" not in container.get("readinessProbe", {}):
        return ["--no-healthcheck"]
    ready, start = container["readinessProbe"], container["startupProbe"]
    seconds = start["periodSeconds"] * start["failureThreshold"]
    return [
        "--health-cmd", shlex.join(ready["exec"]["command"]), "--health-interval", f"{ready['periodSeconds']}s",
        "--health-timeout", f"{ready['timeoutSeconds']}s", "--health-retries", str(ready["failureThreshold"]),
        "--health-start-period", f"{seconds}s", "--health-start-interval", f"{start['periodSeconds']}s",
    ]  # fmt: skip
