"""Run the tests against the compose system: `python -m tests.compose [pytest arguments]`.

The system is made from nothing under a name and ports of its own, beside whatever else runs, and always taken away.
The last line is `N passed, N failed`; a test that was skipped has shown nothing and counts as failed.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from stack import inherited, network
from tests.compose.project import ROOT, ComposeError, Project, free_port

# What the shell may tell `docker` and its builder; of the rest only what stack/inherited.py names reaches the tests.
OF_THE_ENGINE = ("DOCKER_", "BUILDX_", "BUILDKIT_", "BUILD_ARGS")
SUITES = ["tests/contract", "tests/e2e", "tests/compose"]


@dataclass
class Tally:
    """A plugin of pytest that counts what the tests came to."""

    passed: int = 0
    failed: int = 0

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Take pytest's own figures."""
        outcomes = {name: len(reports) for name, reports in terminalreporter.stats.items()}
        self.passed = outcomes.get("passed", 0)
        self.failed = sum(outcomes.get(name, 0) for name in ("failed", "error", "skipped", "xfailed", "xpassed"))


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
        sys.exit("compose: docker has no compose plugin; install it (2.24.4 or newer), or test without it: make test")


def told(project: Project) -> dict[str, str]:
    """Return how the tests reach the running system: the same names that `python -m stack` tells them."""
    services = project.config()["services"]
    migrate = services["migrate"]["environment"]
    return project.environment() | {
        "TRIPTYCH_SYSTEM": "compose",
        "TRIPTYCH_URL": project.url,
        "TRIPTYCH_DATABASE_URL": project.database_url("admin-django"),
        "TRIPTYCH_OWNER_DATABASE_URL": project.database_url("migrate", "OWNER_DATABASE_URL"),
        "TRIPTYCH_SUPERUSER_DATABASE_URL": project.database_url("migrate", "SUPERUSER_DATABASE_URL"),
        "TRIPTYCH_SIMPLE_FLASK_DATABASE_URL": project.database_url("simple-flask"),
        "TRIPTYCH_API_FASTAPI_DATABASE_URL": project.database_url("api-fastapi"),
        "TRIPTYCH_ADMIN_USER": migrate["TRIPTYCH_ADMIN_USER"],
        "TRIPTYCH_ADMIN_PASSWORD": migrate["TRIPTYCH_ADMIN_PASSWORD"],
    }


def bring_up(project: Project) -> None:
    """Bring the system up twice, and print how long each took and what it needs in memory."""
    with timed("up --build --wait from nothing (layers of an earlier build may be there)"):
        project.compose("up", "--build", "--wait")
    project.compose("down")
    with timed("up --build --wait when built"):
        project.compose("up", "--build", "--wait")
    sizes = project.memory()
    parts = ", ".join(f"{service} {size:.0f}" for service, size in sorted(sizes.items()))
    print(f"compose: memory (PSS): {sum(sizes.values()):.0f} MB ({parts})", flush=True)


def run(project: Project, arguments: list[str]) -> Tally:
    """Run the suites against the project from nothing to nothing; print the containers' logs after a failure."""
    tally = Tally()
    code = 1
    try:
        project.remove()
        bring_up(project)
        os.environ.update(told(project))
        with timed("tests"):
            chosen = any(Path(argument.partition("::")[0]).exists() for argument in arguments)
            suites = [] if chosen else SUITES
            code = pytest.main(["-m", "not long and not native", *suites, *arguments], plugins=[tally])
    except ComposeError as error:
        print(error, file=sys.stderr)
    finally:
        if code:
            tally.failed = tally.failed or 1  # what kept the tests from running has failed too
            print(project.compose("ps", "--all", check=False).stdout, file=sys.stderr)
            print(project.compose("logs", "--timestamps", "--tail=150", check=False).stdout, file=sys.stderr)
        with timed("down"):
            project.remove()
    return tally


if __name__ == "__main__":
    require_engine()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended from outside, it takes the system down too
    os.chdir(ROOT)
    engine = {name: value for name, value in os.environ.items() if name.startswith(OF_THE_ENGINE)}
    inherited.apply()
    os.environ |= {**engine, **network.direct_here(os.environ)}
    came_to = run(Project("triptych-test", free_port(), free_port()), sys.argv[1:])
    print(f"{came_to.passed} passed, {came_to.failed} failed", flush=True)
    sys.exit(1 if came_to.failed else 0)
