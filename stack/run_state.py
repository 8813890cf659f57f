"""The run state of a stack: what it was started with, its URLs, and whether all its processes are healthy."""

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from stack.errors import StackError
from stack.layout import Layout
from stack.supervision import NAMES, Supervisor


@dataclass(frozen=True)
class RunState:
    """What `up` notes for the other commands."""

    ports: dict[str, int]
    admin_user: str
    admin_password: str
    settings: dict[str, str] = field(default_factory=dict)  # those that are not left to their defaults
    code: dict[str, str] = field(default_factory=dict)  # a digest of each part's

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['gateway']}"

    @property
    def urls(self) -> dict[str, str]:
        """The URL of each process that speaks HTTP, without a slash at its end."""
        return {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items() if name != "postgres"}


def note(layout: Layout, state: RunState) -> None:
    """Write down what the stack runs with; the file is removed when the stack stops."""
    layout.running.touch(mode=0o600)
    layout.running.write_text(json.dumps(state.__dict__, indent=1), encoding="utf-8")


def noted(layout: Layout) -> RunState | None:
    """Return what the running stack was started with, None when there is none."""
    try:
        return RunState(**json.loads(layout.running.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def required(layout: Layout) -> RunState:
    """Return what the stack runs with. Raises StackError when none runs."""
    found = noted(layout) if Supervisor(layout).answers() else None
    if found is None:
        raise StackError(f"Nothing runs in {layout.home}: start it with `make up`.")
    return found


def all_healthy(layout: Layout) -> bool:
    """Return whether every process of the stack runs and the gateway is ready."""
    states = Supervisor(layout).states()
    found = noted(layout)
    if found is None or any(name not in states or states[name].state not in ("RUNNING", "STARTING") for name in NAMES):
        return False
    return ready(found.url)


def ready(url: str) -> bool:
    """Return whether a service answers its readiness check with 200."""
    return readiness(url) == (200, "")


def readiness(url: str) -> tuple[int | None, str]:
    """Return the status of a service's readiness check and why it is not ready; None where nobody answers."""
    # A proxy that the environment may name is for the world outside, not for this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/readyz", timeout=2) as answer:
            return answer.status, "" if answer.status == 200 else f"status {answer.status}"
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _reason(error)
    except (OSError, http.client.HTTPException, ValueError):
        return None, "it does not answer"


def _reason(error: urllib.error.HTTPError) -> str:
    """Return what a problem says, or the status where there is none."""
    try:
        return str(json.loads(error.read(65536))["detail"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return f"status {error.code}"
