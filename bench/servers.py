"""The servers that are measured: where each listens, how it is asked, and whose processor time it takes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from bench import peer_servers
from bench.api_styles import GraphQL, Rest, Triptych
from bench.ceilings.bare_nginx import configuration
from stack import nginx, ports
from stack.layout import ROOT, Layout
from stack.supervision import Supervisor
from tests.http_client import HttpClient, Reply
from tests.wait import until

ITEM = "/api/items/1/"
PINNED = "/fastapi"  # the gateway's routes past its cache


@dataclass(frozen=True, eq=False)
class Target:
    """A server under load. `groups`: the processes at the top of each group, by the group's name."""

    name: str
    port: int
    dialect: Rest
    groups: Mapping[str, list[int]]
    prefix: str = ""

    def get(self, target: str) -> Reply:
        """Read once, over a connection of its own."""
        with HttpClient(f"http://127.0.0.1:{self.port}", timeout=30) as client:
            return client.get(self.prefix + target)


@contextmanager
def started(command: list[str], folder: Path, environment: Mapping[str, str], port: int) -> Iterator[int]:
    """Run a server until the end of the block, which begins when it answers a read of an item; yields its pid.

    Raises RuntimeError with the end of what it said if it ends before that.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip

        def answers() -> bool:
            if process.poll() is not None:
                log.seek(0)
                raise RuntimeError(f"{command[0]} ended: {log.read().decode(errors='replace')[-500:]}")
            with HttpClient(f"http://127.0.0.1:{port}", timeout=5) as client:
                return client.get(ITEM).status < 500

        try:
            until(answers, what=f"{command[0]} answers on port {port}")
            yield process.pid
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server that was started here, and whatever it started: it leads a process group."""
    family = [process.pid]
    with suppress(psutil.NoSuchProcess):
        family += [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def triptych(layout: Layout) -> dict[str, Target]:
    """Return the running stack's gateway, its routes past the cache, and its services, by name."""
    states = Supervisor(layout).states()
    groups = {name: [state.pid] for name, state in states.items() if state.pid}
    found = json.loads(layout.running.read_text(encoding="utf-8"))["ports"]
    gateway = Target("Triptych", found["gateway"], Triptych(), groups)
    return {
        "gateway": gateway,
        "pinned": replace(gateway, name="Triptych, gateway's cache off", prefix=PINNED),
        "origin": Target("api-fastapi", found["api-fastapi"], Triptych(), groups),
    }


@contextmanager
def uncached(layout: Layout, postgres: list[int]) -> Iterator[Target]:
    """Run another api-fastapi of the stack, without a cache."""
    process, port = json.loads((layout.run / "api-fastapi.json").read_text(encoding="utf-8")), ports.free_base()
    environment = {**process["environment"], "BIND": f"127.0.0.1:{port}", "CACHE_MEMORY_MB": "0"}
    command = [sys.executable, *process["command"][1:]]
    with started(command, Path(process["folder"]), environment, port) as pid:
        groups = {"api-fastapi": [pid], "postgres": postgres}
        yield Target("api-fastapi, cache off", port, Triptych(), groups)


@contextmanager
def ceiling(name: str, program: str, reply: Reply) -> Iterator[Target]:
    """Run one of the programs in bench/ceilings, which answers like the reply."""
    port, path = ports.free_base(), ROOT / "bench" / "ceilings" / program
    headers = [[name.lower(), text] for name, text in reply.headers if name.lower() != "date"]
    told = {"PORT": str(port), "HEADERS": json.dumps(headers), "BODY": reply.body.decode()}
    with started([sys.executable, str(path)], ROOT, {**os.environ, **told}, port) as pid:
        yield Target(name, port, Triptych(), {"server": [pid]})


@contextmanager
def bare_nginx(reply: Reply) -> Iterator[Target]:
    """Run an nginx that has the bytes and headers of a reply written into its configuration."""
    port, program = ports.free_base(), str(nginx.folder() / "nginx")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = folder / "nginx.conf"
        written.write_text(configuration(reply, ITEM, port, folder), encoding="utf-8")
        command = [program, "-e", "stderr", "-p", name, "-c", str(written)]
        with started(command, folder, os.environ, port) as pid:
            yield Target("nginx return 200", port, Triptych(), {"gateway": [pid]})


@contextmanager
def peer(which: peer_servers.Peer, workers: int, database_url: str, postgres: list[int]) -> Iterator[Target]:
    """Run a peer with so many workers."""
    port = ports.free_base()
    environment = peer_servers.environment(which, port, workers, database_url)
    # Its modules are found from the folder of what was fetched.
    folder = peer_servers.FOLDER / which.folder
    folder.mkdir(exist_ok=True)
    for source in (peer_servers.SOURCES / which.folder).iterdir():
        if source.is_file():
            (folder / source.name).write_bytes(source.read_bytes())
    with started(peer_servers.command(which, port, workers), folder, environment, port) as pid:
        dialect = which.dialect()
        name = which.name if workers > 1 else f"{which.name}, one process"
        target = Target(name, port, dialect, {"server": [pid], "postgres": postgres})
        if isinstance(dialect, GraphQL):
            dialect.learn(target.get(dialect.first()).body)
        yield target


@contextmanager
def behind_gateway(target: Target, layout: Layout) -> Iterator[tuple[Target, Target]]:
    """Run the gateway, as it is, before another server: yields it without its cache, and with it."""
    port = ports.free_base()
    recorded = json.loads((layout.run / "gateway.json").read_text(encoding="utf-8"))
    upstreams = ("ADMIN_DJANGO_UPSTREAM", "SIMPLE_FLASK_UPSTREAM", "API_FASTAPI_UPSTREAM")
    # in memory, where that of Triptych's own gateway is
    with tempfile.TemporaryDirectory(dir=layout.kept_answers.parent) as state:
        environment = {
            **recorded["environment"],
            "GATEWAY_CACHE": str(Path(state) / "answers"),
            **dict.fromkeys(upstreams, f"127.0.0.1:{target.port}"),
            "GATEWAY_LISTEN": f"127.0.0.1:{port}",
            "GATEWAY_STATE": state,
        }
        with started(recorded["command"], Path(recorded["folder"]), environment, port) as pid:
            behind = replace(target, port=port, groups={**target.groups, "gateway": [pid]})
            yield (
                replace(behind, name=f"{target.name}, behind nginx", prefix=PINNED),
                replace(behind, name=f"{target.name}, behind nginx with its cache"),
            )
