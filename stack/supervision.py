"""supervisord, which restarts processes that die: its configuration, its start, and the calls to it."""

import contextlib
import http.client
import os
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from stack.errors import StackError
from stack.layout import Layout
from stack.postgres import Postgres
from stack.topology import MARKER, Topology

NAMES = ("postgres", "admin-django", "simple-flask", "api-fastapi", "gateway")
# Groups are stopped in reverse order, one after the other, so that no process loses what it still needs.
GROUPS = {"postgres": 10, "services": 20, "gateway": 30}


@dataclass(frozen=True)
class State:
    """What supervisord knows about one process; `pid` is None while there is none."""

    name: str
    state: str
    pid: int | None


def configuration(layout: Layout, topology: Topology, postgres: Postgres) -> str:
    """Return supervisord's configuration for a stack."""
    marker = f'{MARKER}="{layout.home}"'
    parts: list[tuple[str, dict[str, Any]]] = [
        ("unix_http_server", {"file": layout.supervisor_socket, "chmod": "0600"}),
        (
            "supervisord",
            {
                "nodaemon": "true",
                "silent": "true",
                "logfile": layout.logs / "supervisord.log",
                "logfile_maxbytes": "1MB",
                "logfile_backups": 1,
                "pidfile": layout.run / "supervisord.pid",
                "childlogdir": layout.logs,
            }
            | ({"user": "root"} if os.geteuid() == 0 else {}),
        ),
        (
            "rpcinterface:supervisor",
            {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
        ),
        (
            "group:services",
            {"programs": ",".join(each.name for each in topology.services), "priority": GROUPS["services"]},
        ),
    ]
    account = {"user": postgres.account.other.pw_name} if postgres.account.other else {}
    # SIGINT is the fast shutdown: it ends the sessions instead of waiting for them.
    parts.append(
        _program(layout, "postgres", postgres.command(), {"stopsignal": "INT", "environment": marker} | account)
    )
    for each in topology.supervised:
        command = (sys.executable, str(Path(__file__).with_name("exec_wrapper.py")), str(layout.run), each.name)
        signal_ = "QUIT" if each.name == "gateway" else "TERM"  # nginx's graceful shutdown is QUIT
        parts.append(_program(layout, each.name, command, {"stopsignal": signal_, "environment": marker}))
    lines = []
    for section, options in parts:
        lines.append(f"[{section}]")
        # % begins an expansion in this file, except in the one option that is made of them
        lines += [f"{name} = {str(value).replace('%', '%%')}" for name, value in options.items()]
    return "\n".join(lines) + "\n"


def _program(layout: Layout, name: str, command: tuple[str, ...], more: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return (
        f"program:{name}",
        {
            "command": shlex.join(command),
            "directory": "/",
            "autostart": "false",
            "autorestart": "true",
            "startretries": 1000,  # each waits a second longer than the one before
            "startsecs": 1,
            "stopwaitsecs": 60 if name == "postgres" else 10,
            "stopasgroup": "true" if name not in ("postgres", "gateway") else "false",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": layout.logs / f"{name}.log",
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": 2,
            "priority": GROUPS.get(name, GROUPS["services"]),
        }
        | more,
    )


class Supervisor:
    """The supervisord of one stack, called through its socket."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    @property
    def configuration_file(self) -> Path:
        return self.layout.run / "supervisord.conf"

    def start(self) -> None:
        """Start supervisord in a session of its own and return when it answers. Raises StackError when it does not."""
        output = self.layout.logs / "supervisord.out"
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", MARKER: str(self.layout.home)}
        with output.open("wb") as file:
            daemon = subprocess.Popen(
                [sys.executable, "-m", "supervisor.supervisord", "-c", str(self.configuration_file)],
                stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd="/", env=environment, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 30
        while not self.answers():
            if daemon.poll() is not None or time.monotonic() > deadline:
                raise StackError(f"supervisord does not start:\n{output.read_text(errors='replace').strip()}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Return whether a supervisord listens on the socket."""
        return self.layout.supervisor_socket.exists() and self.pid() is not None

    def pid(self) -> int | None:
        """Return supervisord's pid, or None when none answers."""
        try:
            return int(self._call("supervisor.getPID"))
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return None

    def launch(self, name: str) -> None:
        """Start a process, without waiting for it."""
        self._call("supervisor.startProcess", _qualified(name), False)

    def states(self) -> dict[str, State]:
        """Return the state of every process by its name; empty when no supervisord answers."""
        try:
            found: list[dict[str, Any]] = self._call("supervisor.getAllProcessInfo")
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return {}
        return {each["name"]: State(each["name"], each["statename"], each["pid"] or None) for each in found}

    def shut_down(self) -> None:
        """Stop everything, gateway first and postgres last, without waiting for the end."""
        for method, *arguments in (
            ("supervisor.stopProcess", "gateway"),
            # supervisord's own shutdown stops one after the other: these need not wait for each other
            ("supervisor.stopProcessGroup", "services", False),
            ("supervisor.shutdown",),
        ):
            with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.Error):
                self._call(method, *arguments)

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(serverurl=f"unix://{self.layout.supervisor_socket}")
        try:
            with xmlrpc.client.ServerProxy("http://localhost", transport=transport) as server:
                return getattr(server, method)(*arguments)
        finally:
            transport.close()


def _qualified(name: str) -> str:
    return name if name in GROUPS else f"services:{name}"
