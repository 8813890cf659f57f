"""Run the migrations beside services that go on reading and writing."""

import time

from django.core.management import call_command
from django.core.management.base import OutputWrapper
from django.db import OperationalError, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from psycopg.errors import LockNotAvailable

TRIES = 60
PAUSE = 2  # seconds, in which those who waited behind the migration get on with their work


def later_migrations() -> list[str]:
    """Return the migrations in the database that come after the last that this release has, or are of other apps."""
    ours: dict[str, str] = {}
    for app, name in MigrationLoader(None).disk_migrations:
        ours[app] = max(name, ours.get(app, ""))
    applied = MigrationRecorder(connections["owner"]).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied if app not in ours or name > ours[app])


def migrate(stdout: OutputWrapper) -> None:
    """Apply what is missing, as the owner; raise OperationalError when a lock is never to be had.

    A migration that waits longer than the owner's lock_timeout gives way and is tried again: it is rolled back as a
    whole, and those before it stay.
    """
    for left in reversed(range(TRIES)):
        try:
            call_command("migrate", database="owner", interactive=False, stdout=stdout)
        except OperationalError as error:
            if not left or not isinstance(error.__cause__, LockNotAvailable):
                raise
            stdout.write(f"\nsomebody uses what the migration must lock: it gives way, and tries again in {PAUSE} s")
            stdout.flush()
            time.sleep(PAUSE)
        else:
            return
