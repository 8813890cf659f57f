"""A Postgres for a moment: empty, of our own, gone with the block. For what has to be seen from nothing."""

import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.layout import Layout
from stack.ports import free_base
from stack.postgres import Postgres
from tests.boundary.databases import ROLES, Server
from tests.wait import until


@contextmanager
def scratch_server() -> Iterator[Server]:
    """Run a server in which there is nothing yet: not even the roles, whose passwords are made up."""
    with tempfile.TemporaryDirectory(prefix="triptych-") as folder:
        Path(folder).chmod(0o711)  # the database has a user of its own where root runs this
        layout = Layout(Path(folder))
        layout.make()
        postgres = Postgres(layout, free_base(), secrets.token_hex(16))
        postgres.prepare()
        account = postgres.account.other
        with (layout.logs / "postgres.log").open("wb") as log:
            process = subprocess.Popen(
                [*postgres.command(), "-c", "fsync=off"],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )
        try:
            until(postgres.answers, what="the scratch server answers")
            passwords = {role: secrets.token_hex(16) for role in ROLES} | {"postgres": postgres.password}
            yield Server("127.0.0.1", postgres.port, passwords)
        finally:
            process.terminate()
            process.wait(timeout=30)
            if layout.postgres.is_symlink():  # where root's data went
                shutil.rmtree(layout.postgres.resolve())
            shutil.rmtree(layout.short, ignore_errors=True)
