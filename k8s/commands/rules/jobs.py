"""What ends by itself."""

from collections.abc import Iterator, Sequence

from k8s.commands.kustomize import Object
from k8s.commands.rules.parts import of_kind, workloads

LONGEST_BACKOFF = 300  # seconds


def can_be_applied_again(objects: Sequence[Object]) -> Iterator[str]:
    """A Job is called after all it is made of; it is tried until the database is there, and goes when it is over."""
    secrets = {each["metadata"]["name"]: each for each in of_kind(objects, "Secret")}
    for each in workloads(objects):
        if each.kind not in ("Job", "CronJob"):
            continue
        spec = each.object["spec"] if each.kind == "Job" else each.object["spec"]["jobTemplate"]["spec"]
        if not spec.get("backoffLimit") or "ttlSecondsAfterFinished" not in spec:
            yield f"{each}: is not tried again, or stays for ever"
        if each.kind == "CronJob":
            if each.object["spec"].get("concurrencyPolicy") != "Forbid" or "activeDeadlineSeconds" not in spec:
                yield f"{each}: may run beside itself"
            continue
        if each.name not in secrets:
            yield f"{each}: is not called like a Secret"
            continue
        [container] = each.containers
        image = secrets[each.name].get("stringData", {}).get("IMAGE")
        if image != container["image"]:
            yield f"{each}: has its name from {image}, and its image is {container['image']}"
        sources = [variable.get("valueFrom", {}) for variable in container.get("env", [])]
        others = [one for one in sources if one and one.get("secretKeyRef", {}).get("name") != each.name]
        if others or container.get("envFrom"):
            yield f"{each}: its name does not change with {others or container['envFrom']}"


def fail_within_minutes(objects: Sequence[Object]) -> Iterator[str]:
    """The pauses between a Job's tries double from 10 seconds up to 6 minutes, and a try that failed can be looked at.

    See https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy.
    """
    for each in workloads(objects):
        if each.kind != "Job":
            continue
        tries = each.object["spec"].get("backoffLimit", 6)
        seconds = sum(min(10 * 2**number, 360) for number in range(tries))
        if seconds > LONGEST_BACKOFF:
            yield f"{each}: pauses for {seconds} s in all before it has failed"
        if each.pod.get("restartPolicy") != "Never":
            yield f"{each}: its pod, and with it what it said, is removed when it has failed"
