"""Make an empty or older database ready for this release: roles, migrations, grants, first user, demo data."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connections
from psycopg.conninfo import conninfo_to_dict
from triptych_shared.settings import database_url, require, switch, text

from catalog.migrating import later_migrations, migrate
from catalog.models import Category, ItemHistory

DATABASE_SQL = settings.BASE_DIR / "database"
BOOTSTRAP_LOCK = 0x7472_6970  # any number that nothing else in this database locks
PATIENCE = 60  # seconds, in which the database has to answer
PAUSE = 1
# What a server that is there answers, and goes on to answer. (Libpq has no code for it.)
REFUSALS = ("no pg_hba.conf entry", "server does not support SSL", "invalid sslmode")
LOCK_PATIENCE = 120  # seconds, in which another bootstrap has to come to its end
# Who holds the lock: of a key of 64 bits, the upper half is `classid`.
HOLDER = """
    SELECT usename, pid FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND (classid, objid, objsubid) = (0, %s, 1)
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
# What is still open to everybody: where an operator keeps the roles, only its superuser can close it.
OPEN = """
    SELECT has_function_privilege('public', 'pg_catalog.pg_advisory_lock(bigint)', 'EXECUTE')
    OR EXISTS (SELECT FROM pg_roles WHERE rolname = ANY (%s) AND rolconnlimit < 0)
"""
SERVICES = ["admin_django", "simple_flask", "api_fastapi"]


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--lock-patience",
            type=int,
            default=LOCK_PATIENCE,
            metavar="SECONDS",
            help="how long another bootstrap may take (%(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._lock_patience = options["lock_patience"]
        if "owner" not in settings.DATABASES:
            raise CommandError("OWNER_DATABASE_URL is not set: migrations are run by triptych_owner")
        try:
            if text("SUPERUSER_DATABASE_URL", ""):
                self._make_roles(database_url("SUPERUSER_DATABASE_URL"))
            with self._locked(database_url("OWNER_DATABASE_URL")) as owner:
                if later := later_migrations():
                    # its grants are a later release's too: to set ours would take away what its services rely on
                    self.stdout.write(
                        f"done with the roles: a later release has migrated the database, {', '.join(later)}"
                    )
                    return
                migrate(self.stdout)
                owner.execute((DATABASE_SQL / "grants.sql").read_bytes())
                self._say_what_is_open(owner)
                connections["owner"].close()
                call_command("make_keys", stdout=self.stdout)
                self._make_admin_user()
                # only into a catalog that was never used: what somebody deleted must not come back with the next start
                used = Category.objects.exists() or ItemHistory.objects.exists()
                if switch("TRIPTYCH_DEMO_DATA", default=False) and not used:
                    call_command("seed", stdout=self.stdout)
        except (psycopg.Error, Error, OSError) as error:
            raise CommandError(f"bootstrap stopped: {error}") from error

    def _make_roles(self, superuser_url: str) -> None:
        passwords = {
            "triptych_owner": conninfo_to_dict(database_url("OWNER_DATABASE_URL"))["password"],
            "admin_django": conninfo_to_dict(database_url())["password"],
            "simple_flask": require("SIMPLE_FLASK_PASSWORD"),
            "api_fastapi": require("API_FASTAPI_PASSWORD"),
            "replicator": text("REPLICATOR_PASSWORD", ""),  # unset: there is no such role
        }
        with self._locked(superuser_url) as superuser, superuser.transaction():
            for role, password in passwords.items():
                superuser.execute("SELECT set_config(%s, %s, true)", (f"triptych.{role}_password", password))
            superuser.execute((DATABASE_SQL / "roles.sql").read_bytes())
            superuser.execute((DATABASE_SQL / "limits.sql").read_bytes())

    def _make_admin_user(self) -> None:
        """Make TRIPTYCH_ADMIN_USER with its password, once; a user who is there already is left alone."""
        name, password = text("TRIPTYCH_ADMIN_USER", "admin"), text("TRIPTYCH_ADMIN_PASSWORD", "")
        users = get_user_model().objects
        user = users.filter(username=name).first()
        if password and user is None:
            users.create_superuser(username=name, password=password)
            self.stdout.write(f"made the admin user {name}")
        elif password and user and not check_password(password, user.password):
            self.stdout.write(
                f"warning: the user {name} keeps its password, which is not TRIPTYCH_ADMIN_PASSWORD: that one is for a "
                f"new user. `manage.py changepassword {name}` gives another."
            )

    @contextmanager
    def _locked(self, url: str) -> Iterator[psycopg.Connection]:
        """Connect and hold the bootstrap's lock: of two that start together, the second waits, then finds all done."""
        with self._connected(url) as connection:
            self._lock(connection)
            yield connection

    def _lock(self, connection: psycopg.Connection) -> None:
        """Wait for the bootstrap's lock, and say for whom. Raises CommandError, by whose end it can be had."""
        deadline = time.monotonic() + self._lock_patience
        said = ""
        connection.execute("SET lock_timeout = '1s'")
        while True:
            try:
                connection.execute("SELECT pg_advisory_lock(%s)", (BOOTSTRAP_LOCK,))
                break
            except psycopg.errors.LockNotAvailable:
                role, pid = connection.execute(HOLDER, (BOOTSTRAP_LOCK,)).fetchone() or ("of nobody any more", 0)
            holder = f"the role {role}, process {pid} of the database's"
            if time.monotonic() > deadline:
                raise CommandError(
                    f"bootstrap stopped: for {self._lock_patience} s, its lock has been held by {holder}. "
                    "If that is another bootstrap, run this again, with a longer --lock-patience; if not, the "
                    f"superuser can end it: SELECT pg_terminate_backend({pid})"
                )
            if said != holder:
                said = holder
                self.stdout.write(f"waiting for the bootstrap's lock, which is held by {holder}")
                self.stdout.flush()
        connection.execute("RESET lock_timeout")

    def _say_what_is_open(self, owner: psycopg.Connection) -> None:
        """Say what this step could not close, where it is not given the superuser."""
        if owner.execute(OPEN, (SERVICES,)).fetchone() == (True,):
            self.stdout.write(
                "a service's role may take locks, connections and disk from the others here: run "
                "database/limits.sql as the superuser, once, and give each a CONNECTION LIMIT"
            )

    def _connected(self, url: str) -> psycopg.Connection:
        """Connect, also to a database that is not there yet: it, or the operator of its roles, may have been slower."""
        deadline = time.monotonic() + PATIENCE
        said = ""
        while True:
            try:
                return psycopg.connect(url, autocommit=True, connect_timeout=10)
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or _is_refusal(str(error)):
                    raise
                if said != str(error):
                    said = str(error)
                    self.stdout.write(f"waiting for the database: {said}")
                    self.stdout.flush()
                time.sleep(PAUSE)


def _is_refusal(said: str) -> bool:
    """Say whether waiting would change nothing. An operator that makes the roles may still be at work on a password."""
    passwords = ("password authentication failed",) if text("SUPERUSER_DATABASE_URL", "") else ()
    return any(sign in said for sign in (*REFUSALS, *passwords))
