"""A whole system of processes whose services are replaced one by one, as a rolling update does it.

A new gunicorn shares the listening socket of the old one, is ready before the old one is told to end, and so nothing is
refused in between: what a Service of Kubernetes does with two pods. api-fastapi is stopped first and started after; the
gateway, which stays that of the older release, has its reads answered by the others meanwhile.
"""

import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from stack import nginx
from stack.ports import free_base
from tests.boundary.databases import Server
from tests.boundary.processes import COMMANDS, Process
from tests.boundary.tree import Tree
from tests.http_client import HttpClient
from tests.ready import wait_until_ready
from tests.wait import until

HANDED_OVER = ("admin-django", "simple-flask")  # those whose socket outlives them


class Deployment:
    """The gateway and the three services on one database; to be entered, and left with nothing running."""

    def __init__(self, server: Server, database: str, tree: Tree, folder: Path) -> None:
        self._server, self._database, self._folder = server, database, folder
        base = free_base()
        self._ports = {service: base + 1 + number for number, service in enumerate(COMMANDS)}
        self._gateway_port = base
        self.url = f"http://127.0.0.1:{base}"
        self._tree = tree
        self._sockets: dict[str, socket.socket] = {}
        self._running: dict[str, Process] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "Deployment":
        with ExitStack() as stack:
            stack.callback(self._end)
            for service in HANDED_OVER:
                self._sockets[service] = socket.create_server(("127.0.0.1", self._ports[service]), backlog=512)
            for service in COMMANDS:
                self._running[service] = self._start(service, self._tree)
            self._running["gateway"] = self._start_gateway(self._tree)
            with HttpClient(self.url) as client:
                wait_until_ready(client)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def replace(self, service: str, tree: Tree) -> None:
        """Put another release's code in a service's place; return when it is ready."""
        old = self._running[service]
        if service not in self._sockets:
            old.stop()
        new = self._running[service] = self._start(service, tree)
        until(new.ready, what=f"the other {service} is ready")
        if service in self._sockets:
            old.stop()

    def _start(self, service: str, tree: Tree) -> Process:
        port = self._ports[service]
        environment = tree.environment(service, self._server, self._database) | {
            "BIND": f"127.0.0.1:{port}",
            "WEB_THREADS": "4",
            "CATEGORY_COUNTS_MAX_AGE_SECONDS": "0",
        }
        if service == "admin-django":
            static = self._folder / f"static-{abs(hash(tree.root))}"
            environment["DJANGO_STATIC_ROOT"] = str(static)
            if not static.exists():
                tree.manage("collectstatic", "--noinput", environment=environment)
        log = self._folder / f"{service}-{len(list(self._folder.glob('*.log')))}.log"
        command, folder = COMMANDS[service], tree.folder(service)
        if service not in self._sockets:
            return Process(command, folder, environment, log, port)
        # It listens on a port of its own, too: where both listen, the new one cannot be asked whether it is ready.
        with socket.create_server(("127.0.0.1", 0)) as own:
            inherited = (self._sockets[service].fileno(), own.fileno())
            environment["GUNICORN_CMD_ARGS"] = " ".join(f"--bind fd://{number}" for number in inherited)
            return Process(command, folder, environment, log, own.getsockname()[1], inherited)

    def _start_gateway(self, tree: Tree) -> Process:
        www, folder = self._folder / "www", tree.root / "gateway"
        subprocess.run([sys.executable, "build.py", str(www)], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        upstreams = {
            f"{service.upper().replace('-', '_')}_UPSTREAM": f"127.0.0.1:{port}"
            for service, port in self._ports.items()
        }
        environment = upstreams | {
            "PATH": os.pathsep.join([str(nginx.folder()), os.environ.get("PATH", os.defpath)]),
            "GATEWAY_LISTEN": f"127.0.0.1:{self._gateway_port}",
            "GATEWAY_STATE": str(self._folder / "gateway"),
            "GATEWAY_WWW": str(www),
        }
        return Process(["./start"], folder, environment, self._folder / "gateway.log", self._gateway_port)

    def _end(self) -> None:
        for process in reversed(self._running.values()):
            process.stop()
        for listening in self._sockets.values():
            listening.close()
