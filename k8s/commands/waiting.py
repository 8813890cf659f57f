"""Wait for what was applied, and say what keeps it."""

import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from k8s.commands.failure import Failure
from k8s.commands.kustomize import Object

PAUSE = 1.0
SILENCES = 5  # so many answers in a row may fail to come before the cluster counts as away
LINES = 20
STARTING = ("ContainerCreating", "PodInitializing")


class Cluster:
    """One namespace of the cluster that kubectl's current context means."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def wait_for_job(self, name: str, patience: float) -> None:
        """Return when the Job is complete; print why each of its tries failed or does not begin.

        Raises Failure when it has failed, is not complete within `patience` seconds, or the cluster does not answer.
        """
        selector = f"batch.kubernetes.io/job-name={name}"
        told: set[str] = set()
        deadline = time.monotonic() + patience
        while True:
            outcome = _outcome(self._get("job", name))
            self._tell(selector, told)
            if outcome.get("type") == "Complete":
                return
            if outcome.get("type") == "Failed":
                if not told:
                    print(self._kubectl("logs", f"job/{name}", f"--tail={LINES}").stdout)
                raise Failure(
                    f"job/{name} failed: {outcome.get('message', outcome.get('reason', 'it does not say why'))}. "
                    "What it said is above; when that is mended, do the same again."
                )
            if time.monotonic() > deadline:
                raise Failure(
                    f"job/{name} is not complete after {patience:.0f} s. "
                    + ("What keeps it is above." if told else "It goes on, and says nothing of a trouble.")
                )
            time.sleep(PAUSE)

    def wait_for_rollout(self, name: str, patience: float) -> None:
        """Return when the Deployment is rolled out, which kubectl tells the person meanwhile.

        Raises Failure, after what keeps its pods is printed.
        """
        command = ["kubectl", "rollout", "status", f"deployment/{name}", "--namespace", self._namespace]
        if subprocess.run([*command, f"--timeout={patience:.0f}s"]).returncode:
            told: set[str] = set()
            self._tell(f"app.kubernetes.io/name={name}", told)
            raise Failure(
                f"deployment/{name} is not rolled out. "
                + ("What keeps it is above." if told else f"Look at: kubectl logs deployment/{name}")
            )

    def remove_failed_job(self, name: str) -> None:
        """Remove the Job if it is there and has failed: applied again, it would not be tried again."""
        found = self._kubectl("get", "job", name, "--ignore-not-found", "--output=json").stdout
        if found.strip() and _outcome(json.loads(found)).get("type") == "Failed":
            print(f"job/{name} has failed before: it is removed, to be tried again")
            self._kubectl("delete", "job", name)

    def _tell(self, selector: str, told: set[str]) -> None:
        """Print what keeps the pods that the selector means, but for what is in `told`, and add it there."""
        pods: list[Object] = self._get("pods", "--selector", selector)["items"]
        for trouble in (each for pod in pods for each in troubles(pod)):
            if trouble not in told:
                told.add(trouble)
                print(trouble, flush=True)

    def _get(self, *words: str) -> Any:
        for _ in range(SILENCES):
            done = self._kubectl("get", *words, "--output=json")
            if not done.returncode:
                return json.loads(done.stdout)
            if "NotFound" in done.stderr:
                break
            time.sleep(PAUSE)
        raise Failure(f"kubectl get {' '.join(words)}: {done.stderr.strip()}")

    def _kubectl(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["kubectl", *words, "--namespace", self._namespace]
        return subprocess.run(command, capture_output=True, text=True)


def _outcome(job: Object) -> Object:
    """Return the condition in which the Job has ended, or nothing."""
    conditions: list[Object] = job.get("status", {}).get("conditions", [])
    ended = [each for each in conditions if each["type"] in ("Complete", "Failed") and each["status"] == "True"]
    return ended[0] if ended else {}


def troubles(pod: Object) -> Iterator[str]:
    """Yield what keeps a pod from running or ended it, each a line and, behind it, the last lines that it logged."""
    name, status = pod["metadata"]["name"], pod.get("status", {})
    for condition in status.get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield f"pod/{name} has no node: {condition.get('message', condition.get('reason'))}"
    if status.get("reason"):  # Evicted, DeadlineExceeded, …
        yield f"pod/{name}: {status['reason']}: {status.get('message', '')}"
    for container in status.get("initContainerStatuses", []) + status.get("containerStatuses", []):
        state, last = container.get("state", {}), container.get("lastState", {})
        waiting = state.get("waiting", {})
        if waiting.get("reason") and waiting["reason"] not in STARTING:
            yield f"pod/{name} waits: {waiting['reason']}: {waiting.get('message', '')}"
        for ended in (last.get("terminated"), state.get("terminated")):
            if ended and ended.get("exitCode"):
                lines = ended.get("message", "").rstrip().splitlines()[-LINES:]
                reason = f" ({ended['reason']})" if ended.get("reason", "Error") != "Error" else ""
                yield "\n  ".join([f"pod/{name} ended with exit status {ended['exitCode']}{reason}", *lines])
