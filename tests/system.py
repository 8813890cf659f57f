"""The parts of the running system, to be killed, stopped and started again: the same words for both ways to run it."""

import configparser
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[1]


class System(Protocol):
    """A part is named as its process: postgres, admin-django, simple-flask, api-fastapi, gateway."""

    def kill(self, part: str) -> None:
        """End all of the part's processes with SIGKILL."""

    def stop(self, part: str) -> None:
        """Shut the part down in an orderly way; it stays down."""

    def start(self, part: str) -> None:
        """Have the part run again, without waiting until it is ready."""

    def freeze(self, part: str) -> None:
        """Halt the part's processes: they hold their connections and do nothing."""

    def thaw(self, part: str) -> None:
        """Let frozen processes go on."""


class NativeSystem:
    """The stack of `make up`, found by TRIPTYCH_HOME; its supervisor starts again what was killed."""

    def kill(self, part: str) -> None:
        self._signal(part, signal.SIGKILL)

    def stop(self, part: str) -> None:
        self._supervisor("stop", part)

    def start(self, part: str) -> None:
        self._supervisor("start", part)

    def freeze(self, part: str) -> None:
        # twice: asking for its processes makes the services ask the database, which may have made another one for that
        for _ in range(2):
            self._signal(part, signal.SIGSTOP)

    def thaw(self, part: str) -> None:
        self._signal(part, signal.SIGCONT)

    def _signal(self, part: str, number: signal.Signals) -> None:
        for pid in self._pids(part):
            with suppress(ProcessLookupError):  # a database's processes come and go
                os.kill(pid, number)

    def _pids(self, part: str) -> list[int]:
        command = [sys.executable, "-m", "stack", "status", "--json"]
        status = json.loads(subprocess.check_output(command, cwd=ROOT, timeout=30))
        pids: list[int] = next(process["pids"] for process in status["processes"] if process["name"] == part)
        return pids

    def _supervisor(self, verb: str, part: str) -> None:
        configuration = configparser.RawConfigParser()
        configuration.read(ROOT / os.environ.get("TRIPTYCH_HOME", ".local") / "run" / "supervisord.conf")
        url = f"unix://{configuration['unix_http_server']['file']}"
        name = part if part in ("postgres", "gateway") else f"services:{part}"
        command = [sys.executable, "-m", "supervisor.supervisorctl", "-s", url, verb, name]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60)
        # the supervisor may have started it meanwhile
        assert done.returncode == 0 or "already started" in done.stdout, done.stdout


class ComposeSystem:
    """The project of COMPOSE_PROJECT_NAME and COMPOSE_FILE. What was killed through the engine stays down."""

    def kill(self, part: str) -> None:
        self._compose("kill", "--signal", "KILL", part)

    def stop(self, part: str) -> None:
        self._compose("stop", part)

    def start(self, part: str) -> None:
        self._compose("start", part)

    def freeze(self, part: str) -> None:
        self._compose("pause", part)

    def thaw(self, part: str) -> None:
        self._compose("unpause", part, unless="is not paused")

    def _compose(self, *arguments: str, unless: str | None = None) -> None:
        """Run a command of compose, which has to succeed unless it says that."""
        done = subprocess.run(
            ["docker", "compose", "--progress", "quiet", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0 or (unless is not None and unless in done.stdout), done.stdout


def system_of_environment() -> System:
    """Return the system that TRIPTYCH_SYSTEM names: `native`, the default, or `compose`."""
    kinds: dict[str, type[NativeSystem] | type[ComposeSystem]] = {"native": NativeSystem, "compose": ComposeSystem}
    return kinds[os.environ.get("TRIPTYCH_SYSTEM", "native")]()
