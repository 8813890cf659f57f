"""A primary of one's own, copied from the server that the tests run against, and standbys of it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.running import eventually

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "io_method": "sync",
    "max_wal_senders": "5",
    "fsync": "off",  # processes are killed here, not machines
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "100ms",
    "wal_keep_size": "256MB",  # a standby that was away finds what it has missed
    "timezone": "UTC",
}


class Server:
    """One server: its data, its port, and its process while it runs."""

    def __init__(self, cluster: "Cluster", name: str, source: str) -> None:
        """Copy `source`, a connection string of a superuser; nothing runs yet."""
        self._cluster = cluster
        self.data = cluster.folder / name
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port: int = listening.getsockname()[1]
        # The log is streamed beside the copy: fetched at its end, some may be gone where others write much meanwhile.
        cluster.run(
            "pg_basebackup", "-D", str(self.data), "-d", source, "--checkpoint=fast", "--no-sync", "-X", "stream"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, primary: "Server | None" = None) -> None:
        """Start, as a standby of `primary` or as a primary itself, and return when it takes connections."""
        mark = self.data / "standby.signal"
        settings = _SETTINGS | {"port": str(self.port)}
        if primary is not None:
            settings["primary_conninfo"] = primary.url("TRIPTYCH_SUPERUSER_DATABASE_URL", dbname="")
            mark.touch()
            self._cluster.give(mark)
        command = ["postgres", "-D", str(self.data)]
        command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._cluster.folder / f"{self.data.name}.log").open("ab") as log:
            self._process = self._cluster.popen(command, log)
        eventually(self.answers)

    @property
    def runs(self) -> bool:
        """Whether there is a process of it."""
        return self._process is not None

    def answers(self) -> bool:
        """Tell whether it takes connections."""
        try:
            return bool(self.ask("SELECT true"))
        except psycopg.OperationalError:
            return False

    def ask(self, statement: str) -> Any:
        """Run a statement as the superuser, and return the first value that it brings, if any."""
        with psycopg.connect(
            self.url("TRIPTYCH_SUPERUSER_DATABASE_URL"), autocommit=True, connect_timeout=5
        ) as connection:
            cursor = connection.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row and row[0]

    def kill(self) -> None:
        """End it without any warning, frozen or not."""
        if self._process is not None:
            self.thaw()
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """Shut it down."""
        self._end(signal.SIGINT)

    def freeze(self) -> None:
        """Halt all its processes."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):  # they come and go
                process.suspend()

    def thaw(self) -> None:
        """Let them go on."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def promote(self) -> None:
        """Make a primary of a standby; return when it is one."""
        assert self.ask("SELECT pg_promote()")

    def url(self, variable: str, **changes: str) -> str:
        """Return how the role that a variable of the environment connects as connects here."""
        return make_conninfo(os.environ[variable], host="127.0.0.1", port=str(self.port), **changes)

    def _processes(self) -> list[psutil.Process]:
        assert self._process is not None
        postmaster = psutil.Process(self._process.pid)
        return [postmaster, *postmaster.children(recursive=True)]

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None


class Cluster:
    """Servers with what is needed to make and run them: the programs and the user of the running server."""

    def __init__(self, folder: Path) -> None:
        """Keep all data below `folder`."""
        self.folder = folder
        with psycopg.connect(os.environ["TRIPTYCH_SUPERUSER_DATABASE_URL"]) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        assert row is not None
        running = psutil.Process(int(Path(row[0], "postmaster.pid").read_text().split()[0]))
        self._programs = Path(running.exe()).parent
        self._user, self._group = running.uids().real, running.gids().real
        self.give(folder)
        self.servers: list[Server] = []

    def primary(self, name: str = "primary") -> Server:
        """Return a running copy of the server that the tests run against."""
        return self._add(name, os.environ["TRIPTYCH_SUPERUSER_DATABASE_URL"], None)

    def standby(self, primary: Server, name: str) -> Server:
        """Return a standby that streams from `primary`."""
        return self._add(name, primary.url("TRIPTYCH_SUPERUSER_DATABASE_URL"), primary)

    def _add(self, name: str, source: str, primary: Server | None) -> Server:
        parts = conninfo_to_dict(source)
        parts.pop("dbname")
        server = Server(self, name, make_conninfo("", **parts))
        self.servers.append(server)
        server.start(primary)
        return server

    def give(self, path: Path) -> None:
        """Make the servers' user the owner."""
        if os.geteuid() == 0:
            os.chown(path, self._user, self._group)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of Postgres' programs to its end."""
        done = self.popen([program, *arguments], subprocess.PIPE)
        _, errors = done.communicate(timeout=60)
        assert done.returncode == 0, errors

    def popen(self, command: list[str], output: Any) -> subprocess.Popen[bytes]:
        """Start one of Postgres' programs as the servers' user."""
        as_user: dict[str, Any] = {}
        if os.geteuid() == 0:
            as_user = {"user": self._user, "group": self._group, "extra_groups": []}
        return subprocess.Popen(
            [str(self._programs / command[0]), *command[1:]],
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdout=output,
            stderr=output,
            **as_user,
        )


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Lend a cluster without servers yet, and leave nothing of it."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="triptych-standbys-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        made = Cluster(folder)
        try:
            yield made
        finally:
            for server in made.servers:
                server.kill()
