"""A Postgres of a test's own, which may be stopped, killed, and put back to an older state.

Its programs are those of the Postgres that the tests are given, and so are its roles, passwords and schema.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

SUPERUSER, OWNER = "TRIPTYCH_SUPERUSER_DATABASE_URL", "TRIPTYCH_OWNER_DATABASE_URL"
WRITER, READER = "TRIPTYCH_DATABASE_URL", "TRIPTYCH_API_FASTAPI_DATABASE_URL"
# What a schema without its data lacks to be a migrated one.
_MIGRATED = "--table=django_migrations", "--table=item_feed_state", "--data-only"


@dataclass(frozen=True)
class Given:
    """The server that the tests are given: where its programs are, and whom it runs as."""

    url: str
    programs: Path
    account: int

    @classmethod
    def of_environment(cls) -> "Given":
        """Ask it."""
        url = os.environ[SUPERUSER]
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT setting, current_setting('data_directory') FROM pg_config() WHERE name = 'BINDIR'"
            ).fetchone()
        assert row is not None
        return cls(url, Path(row[0]), os.stat(row[1]).st_uid)

    def run(self, program: str, *arguments: str, text: str | None = None, check: bool = True) -> str:
        """Run one of its programs as whom it runs as, and return what it printed."""
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            cwd="/",
            input=text,
            text=True,
            capture_output=True,
            check=False,
            user=self.account if os.geteuid() == 0 else None,
            env={"PATH": os.defpath, "LC_ALL": "C"},
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout


class Cluster:
    """One data folder, behind one port."""

    def __init__(self, given: Given, folder: Path, port: int) -> None:
        """Take a folder where there is none yet."""
        self._given, self._folder, self.port = given, folder, port

    def url(self, name: str = SUPERUSER, database: str | None = None) -> str:
        """Return the URL of the environment's variable `name`, but for this cluster."""
        parts = urlsplit(os.environ[name])
        place = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{self.port}"
        return urlunsplit((parts.scheme, place, f"/{database}" if database else parts.path, "", ""))

    def make(self) -> None:
        """Make an empty cluster, and start it."""
        superuser = urlsplit(self._given.url)
        password = self._folder.with_suffix(".password")
        password.write_text(superuser.password or "", encoding="utf-8")
        password.chmod(0o644)  # of a database that is gone in a minute
        self._given.run(
            "initdb", "-D", str(self._folder), f"--username={superuser.username}", f"--pwfile={password}", "--no-sync",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        )  # fmt: skip
        with (self._folder / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\n"
                "shared_buffers = 16MB\nmax_prepared_transactions = 4\nmax_wal_size = 128MB\n"
            )
        self.start()

    def start(self) -> None:
        """Start it, and return when it answers; what a crash has left is recovered first."""
        self._control("start", "-w", "-t", "60", "-l", str(self._folder / "log"))

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast` in order, `immediate` as a crash would."""
        self._control("stop", "-w", "-t", "60", "-m", mode)

    def copy(self, name: str) -> "Cluster":
        """Return a copy of the stopped cluster, behind the same port."""
        folder = self._folder.with_name(name)
        self._given.run(shutil.which("cp") or "cp", "-a", str(self._folder), str(folder))
        return Cluster(self._given, folder, self.port)

    def load(self, dump: str, url: str) -> None:
        """Run the statements of a dump."""
        self._given.run("psql", "-X", "-q", "-d", url, text=dump)

    def dump(self, *options: str) -> str:
        """Return a dump of the database in it."""
        return self._given.run("pg_dump", *options, "-d", self.url())

    def fill(self, schema: str) -> None:
        """Make the given server's roles, and the database of a dump."""
        roles = self._given.run("pg_dumpall", "--globals-only", "-d", self._given.url)
        self.load(roles, self.url(database="postgres"))  # whose first role is there already
        with psycopg.connect(self.url(database="postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {urlsplit(self._given.url).path[1:]}")
        self.load(schema, self.url())

    def _control(self, *arguments: str) -> None:
        self._given.run("pg_ctl", "-D", str(self._folder), *arguments)


@contextmanager
def place() -> Iterator[tuple[Given, Path]]:
    """Make a folder that the server's programs may use, and end what runs in it afterwards."""
    given = Given.of_environment()
    folder = Path(tempfile.mkdtemp(prefix="triptych-"))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(folder, given.account, -1)
    try:
        yield given, folder
    finally:
        for pid in folder.glob("*/postmaster.pid"):
            given.run("pg_ctl", "-D", str(pid.parent), "stop", "-w", "-m", "immediate", check=False)
        shutil.rmtree(folder)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a migrated Postgres without items."""
    with place() as (given, folder):
        yield made(given, folder / "first")


def made(given: Given, folder: Path, port: int | None = None) -> Cluster:
    """Return a running cluster with the given server's roles and schema."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = port or int(free.getsockname()[1])
    cluster = Cluster(given, folder, port)
    cluster.make()
    schema = [given.run("pg_dump", *options, "-d", given.url) for options in (("--schema-only",), _MIGRATED)]
    cluster.fill("".join(schema))
    return cluster
