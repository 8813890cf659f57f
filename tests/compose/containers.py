"""Single containers, by their ids: what state they are in."""

import json
import subprocess


def state(container: str) -> dict[str, object]:
    """Return what the engine knows of its state."""
    command = ["docker", "inspect", "--format", "{{json .State}}", container]
    found: dict[str, object] = json.loads(subprocess.check_output(command, timeout=60))
    return found


def is_healthy(container: str) -> bool:
    """Tell whether its health check passed the last time."""
    health = state(container)["Health"]
    return isinstance(health, dict) and health["Status"] == "healthy"
