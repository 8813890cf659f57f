"""A source tree, this one or that of an earlier release: what of it is run, with which environment."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from tests.boundary.databases import Server
from tests.wait import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Tree:
    """The files of one release."""

    root: Path = ROOT

    def folder(self, service: str) -> Path:
        """Return where a service lives and is run."""
        return self.root / "services" / service

    def environment(self, service: str, server: Server, database: str) -> dict[str, str]:
        """Return what a service needs to run on a database: its own role, and nothing of our own environment."""
        paths = [str(self.folder(service)), str(self.root / "shared")]
        environment = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DATABASE_URL": server.url(service.replace("-", "_"), database),
        }
        return environment | ({"DJANGO_SECRET_KEY": "boundary"} if service == "admin-django" else {})

    def bootstrap_environment(self, server: Server, database: str, *, roles: bool = True) -> dict[str, str]:
        """Return what the bootstrap needs; without `roles` it is not given the superuser, and finds the roles there."""
        owner = {"OWNER_DATABASE_URL": server.url("triptych_owner", database)}
        superuser = {
            "SUPERUSER_DATABASE_URL": server.url("postgres", database),
            "SIMPLE_FLASK_PASSWORD": server.passwords["simple_flask"],
            "API_FASTAPI_PASSWORD": server.passwords["api_fastapi"],
        }
        return self.environment("admin-django", server, database) | owner | (superuser if roles else {})

    @contextmanager
    def running(self, *command: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
        """Run a command of manage.py during the block; what it says comes in one stream."""
        with subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=self.folder("admin-django"),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @staticmethod
    def read_until(process: subprocess.Popen[str], said: str) -> None:
        """Read what a command says up to this; AssertionError when it ends, or is ended in the end, without it."""
        assert process.stdout is not None
        patience = Timer(PATIENCE, process.kill)
        patience.start()
        try:
            found = any(said in line for line in process.stdout)
        finally:
            patience.cancel()
        assert found, f"it never said: {said}"

    def manage(self, *command: str, environment: dict[str, str]) -> str:
        """Run a command of manage.py to its end, and return what it said; AssertionError when it fails."""
        with self.running(*command, environment=environment) as process:
            output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
        return output

    def bootstrap(self, server: Server, database: str, *, roles: bool = True) -> str:
        """Make the database what this release wants it to be."""
        return self.manage("bootstrap", environment=self.bootstrap_environment(server, database, roles=roles))
