"""A compose project of the tests: its own name, ports and passwords, whatever the shell or a .env file say."""

import json
import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FILES = ("docker-compose.yml", "tests/compose.override.yml")
OURS = (
    "TRIPTYCH_",
    "COMPOSE_",
    "POSTGRES_",
    "DJANGO_",
    "ADMIN_DJANGO_",
    "SIMPLE_FLASK_",
    "API_FASTAPI_",
    "REPLICATOR_",
    "TRUSTED_PROXIES",
    "CACHE_",
    "CATEGORY_",
    "DATABASE_",
    "FEED_",
    "GATEWAY_",
    "LOG_LEVEL",
    "TOKEN_",
    "WEB_",
)


class ComposeError(Exception):
    """A `docker compose` command failed; the text is what it said."""


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def clean_environment() -> dict[str, str]:
    """Return the environment without any variable that the compose files read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"COMPOSE_ENV_FILES": os.devnull, "COMPOSE_PROGRESS": "plain", "COMPOSE_ANSI": "never"}


@dataclass(frozen=True)
class Project:
    """One instance of the compose system."""

    name: str
    port: int
    postgres_port: int
    files: tuple[str, ...] = FILES

    @property
    def url(self) -> str:
        """The gateway's URL."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the environment in which `docker compose` means this project."""
        return clean_environment() | {
            "COMPOSE_PROJECT_NAME": self.name,
            "COMPOSE_FILE": os.pathsep.join(str(ROOT / file) for file in self.files),
            "TRIPTYCH_PORT": str(self.port),
            "TRIPTYCH_POSTGRES_PORT": str(self.postgres_port),
        }

    def compose(self, *arguments: str, check: bool = True, within: float = 600) -> subprocess.CompletedProcess[str]:
        """Run `docker compose` and return what it said; raises ComposeError when it fails."""
        done = subprocess.run(
            ["docker", "compose", *arguments],
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=within,
        )
        if check and done.returncode:
            raise ComposeError(f"docker compose {' '.join(arguments)}:\n{done.stdout}")
        return done

    def inside(self, service: str, command: str, check: bool = True) -> str:
        """Run a line of shell in the service's container, as the user it runs as, and return what it printed."""
        return self.compose("exec", "-T", service, "sh", "-c", command, check=check).stdout

    def config(self) -> dict[str, Any]:
        """Return the project as compose understands it."""
        config: dict[str, Any] = json.loads(self.compose("config", "--format", "json").stdout)
        return config

    def database_url(self, service: str = "admin-django", variable: str = "DATABASE_URL") -> str:
        """Return the service's own database URL, as it is reached from this machine."""
        url: str = self.config()["services"][service]["environment"][variable]
        return url.replace("@postgres:5432/", f"@127.0.0.1:{self.postgres_port}/")

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return what the engine knows of every container of the project, by the service's name."""
        ids = self.compose("ps", "--all", "--quiet").stdout.split()
        found = json.loads(subprocess.check_output(["docker", "inspect", *ids])) if ids else []
        return {container["Config"]["Labels"]["com.docker.compose.service"]: container for container in found}

    def memory(self) -> dict[str, float]:
        """Return the proportional set size of each running container, in MB; shared pages are counted once in all."""
        sizes = {}
        for service in self.compose("ps", "--services").stdout.split():
            rollups = self.inside(service, "cat /proc/[0-9]*/smaps_rollup 2>/dev/null; true")
            kilobytes = [int(line.split()[1]) for line in rollups.splitlines() if line.startswith("Pss:")]
            sizes[service] = sum(kilobytes) / 1024
        return sizes

    def remove(self) -> None:
        """Take everything of the project away: containers, networks, data and images."""
        self.compose("down", "--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "10")
