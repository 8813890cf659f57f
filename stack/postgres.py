"""The embedded PostgreSQL 18: the binaries of the wheel, a data folder of our own, passwords for everyone."""

import os
import secrets
import shutil
from pathlib import Path

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo

from stack.binaries import MAJOR, locate
from stack.errors import StackError
from stack.layout import LONGEST_SOCKET_PATH, Layout
from stack.postgres_user import unprivileged
from stack.topology import MARKER

DATABASE = "triptych"
ROOTS_FOLDER = Path("/var/lib/triptych")
C_UTF_8 = ("--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",  # pages that are never used take no memory
    "max_connections": "160",  # a third for each role (roles.sql): its service, and the tests that speak in its name
    "max_notify_queue_pages": "8192",  # 64 MB for what any role may send and nobody here reads
    "max_wal_size": "512MB",
    "io_method": "sync",  # spares the three I/O worker processes; the data fits into memory
    "max_logical_replication_workers": "0",  # spares their launcher
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "triptych",
}


class Postgres:
    """The database server of one stack."""

    def __init__(self, layout: Layout, port: int, password: str) -> None:
        self.layout = layout
        self.port = port
        self.password = password
        self.account = unprivileged({MARKER: str(layout.home)})

    @property
    def data(self) -> Path:
        return self.layout.postgres.resolve() / "data"

    @property
    def socket_folder(self) -> Path:
        """Where the server's socket is: beside its data, or in a folder with a shorter name."""
        beside = self.layout.postgres.resolve() / "socket"
        long = len(os.fsencode(beside)) + len("/.s.PGSQL.65535.lock") > LONGEST_SOCKET_PATH
        return self.layout.short / "postgres" if long else beside

    def prepare(self) -> bool:
        """Make the data folder where there is none, and say whether it was made. Raises StackError if it cannot be."""
        try:
            folder = self._make_folder()
            binaries = locate(self.account, folder)
            if self.socket_folder.parent == self.layout.short:
                self.layout.make_short()
            self.account.make_folder(self.socket_folder)
            version = self.data / "PG_VERSION"
            if version.exists():
                self._check_major(version.read_text(encoding="ascii").strip())
                return False
            self._initialise(binaries, folder)
        except OSError as error:
            raise StackError(f"{self.layout.postgres}: the database's folder cannot be made ({error}).") from error
        return True

    def command(self) -> tuple[str, ...]:
        """Return the server's command line."""
        settings = SETTINGS | {"port": str(self.port), "unix_socket_directories": f'"{self.socket_folder}"'}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return (str(locate(self.account, self.layout.postgres.resolve()) / "postgres"), "-D", str(self.data), *options)

    def answers(self) -> bool:
        """Return whether the server takes connections, and make the database where there is none.

        Raises StackError when it takes them and refuses ours: that does not become better by waiting.
        """
        place = make_conninfo(
            host="127.0.0.1", port=self.port, user="postgres", password=self.password, dbname="postgres",
            connect_timeout=2,
        )  # fmt: skip
        if pq.PGconn.ping(place.encode()) in (pq.Ping.REJECT, pq.Ping.NO_RESPONSE):
            return False  # it is starting, or not there yet
        try:
            with psycopg.connect(place, autocommit=True) as connection:
                there = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
                if not there:
                    connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise StackError(
                    f"The database in {self.data} has another password than {self.layout.credentials}: restore that "
                    f"file, or remove {self.layout.home} (with all its data) to begin anew."
                ) from error
            raise StackError(f"The database in {self.data} refuses the connection: {error}") from error
        return True

    def _check_major(self, found: str) -> None:
        if found != MAJOR:
            raise StackError(
                f"{self.data} was made by PostgreSQL {found}, this is PostgreSQL {MAJOR}. Dump it with {found} and "
                f"load the dump into a new folder (another TRIPTYCH_HOME), or remove {self.layout.postgres} "
                "(with all its data) to begin anew."
            )

    def _make_folder(self) -> Path:
        folder = self.layout.postgres
        if folder.is_dir():
            return folder.resolve()
        if folder.is_symlink():
            raise StackError(f"{folder} points to {folder.readlink()}, which is gone: remove the link to begin anew.")
        other = self.account.other
        if other is None or self.account.can_run(["test", "-x", str(self.layout.home)]):
            _open_folder(folder)
            return folder
        # Home may be below /root, where no other user gets in: root's data goes where the system keeps such.
        elsewhere = ROOTS_FOLDER / secrets.token_hex(6)
        _open_folder(ROOTS_FOLDER)
        _open_folder(elsewhere)
        folder.symlink_to(elsewhere)
        print(f"  the database's files go to {elsewhere}: its user, {other.pw_name}, cannot enter {folder.parent}")
        return elsewhere

    def _initialise(self, binaries: Path, folder: Path) -> None:
        draft, password_file = folder / "data.new", folder / "password.new"
        shutil.rmtree(draft, ignore_errors=True)
        self.account.make_folder(draft)
        password_file.unlink(missing_ok=True)
        with open(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(self.password)
        self.account.give(password_file)
        command = [
            str(binaries / "initdb"), "-D", str(draft), "--username=postgres", "--encoding=UTF8",
            f"--pwfile={password_file}", "--auth=scram-sha-256", "--no-instructions",
        ]  # fmt: skip
        try:
            done = self.account.run([*command, *C_UTF_8])
            if done.returncode and "invalid locale name" in done.stderr:
                shutil.rmtree(draft, ignore_errors=True)
                self.account.make_folder(draft)
                done = self.account.run([*command, "--locale=C", *C_UTF_8[1:]])
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise StackError(f"The database cannot be initialised in {folder}:\n{done.stderr.strip()}")
        draft.rename(self.data)


def _open_folder(folder: Path) -> None:
    """Make a folder that every user can enter, whatever the umask says."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
