"""Run the tests against the compose system: `python -m tests.compose [pytest arguments]`.

The system is made from nothing under a name and ports of its own, beside whatever else runs, and always taken away.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.compose.project import ROOT, ComposeError, Project, free_port

SUITES = ["tests/contract", "tests/e2e", "tests/compose"]


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long the block took."""
    begin = time.monotonic()
    yield
    print(f"compose: {what}: {time.monotonic() - begin:.1f} s", flush=True)


def require_engine() -> None:
    """Exit with what to do where no Docker engine or compose answers."""
    try:
        asked = subprocess.run(["docker", "info", "--format", "{{.ServerVersion}}"], capture_output=True, text=True)
        compose = subprocess.run(["docker", "compose", "version", "--short"], capture_output=True, text=True)
    except FileNotFoundError:
        sys.exit("compose: there is no `docker` on PATH; install Docker with compose, or test without it: make test")
    if asked.returncode or not asked.stdout.strip():
        sys.exit(f"compose: no Docker engine answers; start it, or test without it: make test\n{asked.stderr.strip()}")
    if compose.returncode:
        sys.exit("compose: docker has no compose plugin; install it (2.24 or newer), or test without it: make test")


def run(project: Project, arguments: list[str]) -> int:
    """Bring the system up twice, run the suites and return pytest's exit code; show the containers' logs on failure."""
    code = 1
    try:
        with timed("up --build --wait, without containers, data or images (layers may be cached)"):
            project.compose("up", "--build", "--wait")
        project.compose("down")
        with timed("up --build --wait, when built"):
            project.compose("up", "--build", "--wait")
        sizes = project.memory()
        parts = ", ".join(f"{service} {size:.0f}" for service, size in sorted(sizes.items()))
        print(f"compose: memory (PSS): {sum(sizes.values()):.0f} MB ({parts})", flush=True)
        environment = os.environ | project.environment() | {
            "TRIPTYCH_SYSTEM": "compose",
            "TRIPTYCH_URL": project.url,
            "TRIPTYCH_DATABASE_URL": project.database_url(),
            "TRIPTYCH_SUPERUSER_DATABASE_URL": project.database_url("migrate", "SUPERUSER_DATABASE_URL"),
        }  # fmt: skip
        with timed("tests"):
            command = [sys.executable, "-m", "pytest", "-m", "not long", *(arguments or SUITES)]
            code = subprocess.run(command, cwd=ROOT, env=environment).returncode
    except ComposeError as error:
        print(error, file=sys.stderr)
    finally:
        if code:
            print(project.compose("ps", "--all", check=False).stdout, file=sys.stderr)
            print(
                project.compose("logs", "--no-color", "--timestamps", "--tail=150", check=False).stdout, file=sys.stderr
            )
        with timed("down"):
            project.remove()
    return code


if __name__ == "__main__":
    require_engine()
    tested = Project("triptych-test", free_port(), free_port())
    tested.remove()
    sys.exit(run(tested, sys.argv[1:]))
