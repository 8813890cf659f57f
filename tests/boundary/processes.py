"""The services of a source tree as processes, run by the commands and variables that every way of running them uses."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.boundary.databases import Server
from tests.boundary.tree import Tree
from tests.http_client import HttpClient

COMMANDS = {
    "admin-django": ["gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"],
    "simple-flask": ["gunicorn", "-c", "gunicorn.conf.py", "simple_flask:create_app()"],
    "api-fastapi": ["python", "-m", "api_fastapi"],
}


class Process:
    """A running process; its log is a file."""

    def __init__(
        self,
        command: list[str],
        folder: Path,
        environment: Mapping[str, str],
        log: Path,
        port: int,
        inherited: tuple[int, ...] = (),
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, pass_fds=inherited,
            )  # fmt: skip

    def answers(self, path: str) -> int:
        """Return the status with which it answers; raises AssertionError when the process has ended."""
        assert self._process.poll() is None, self.log.read_text(errors="replace")[-4000:]
        with HttpClient(self.url) as client:
            return client.get(path).status

    def lives(self) -> bool:
        """Say whether it answers at all."""
        return self.answers("/livez") == 200

    def ready(self) -> bool:
        """Say whether it is ready to serve."""
        return self.answers("/readyz") == 200

    def stop(self) -> None:
        """End it the orderly way, and wait until it is gone."""
        self._process.terminate()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            raise


@contextmanager
def serving(service: str, tree: Tree, server: Server, database: str, folder: Path, **more: str) -> Iterator[Process]:
    """Run a service of a tree on a port that the system chooses; its log goes to the folder.

    `more` are variables of its environment.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = start(service, tree, server, database, folder, port, **more)
    try:
        yield process
    finally:
        process.stop()


def start(service: str, tree: Tree, server: Server, database: str, folder: Path, port: int, **more: str) -> Process:
    """Start a service of a tree."""
    environment = tree.environment(service, server, database) | {
        "BIND": f"127.0.0.1:{port}",
        "DJANGO_STATIC_ROOT": str(folder / "static"),
        "WEB_THREADS": "4",
        **more,
    }
    return Process(COMMANDS[service], tree.folder(service), environment, folder / f"{service}.log", port)
