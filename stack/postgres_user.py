"""The user that PostgreSQL runs as: this user, or another one where this is root, which PostgreSQL refuses to be."""

import os
import pwd
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stack.errors import StackError


@dataclass(frozen=True)
class PostgresUser:
    """A user of this system; `other` is None for the user of this process."""

    other: pwd.struct_passwd | None
    # Set in the environment of what it runs, as of all processes of a stack: so orphans of a killed `up` are found.
    mark: Mapping[str, str] = field(default_factory=dict)

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command as this user, in a folder that everyone can enter, and return what came of it."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **self.mark}
        if self.other is None:
            return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
        return subprocess.run(
            command, cwd="/", env=environment, capture_output=True, text=True, check=False,
            user=self.other.pw_uid, group=self.other.pw_gid, extra_groups=[],
        )  # fmt: skip

    def can_run(self, command: list[str]) -> bool:
        """Return whether a command succeeds as this user."""
        try:
            return self.run(command).returncode == 0
        except OSError:
            return False

    def give(self, path: Path) -> None:
        """Make this user the owner."""
        if self.other:
            os.chown(path, self.other.pw_uid, self.other.pw_gid)

    def make_folder(self, folder: Path) -> None:
        """Make a folder that only this user can enter."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self.give(folder)


def unprivileged(mark: Mapping[str, str]) -> PostgresUser:
    """Return an account that is not root. Raises StackError when root finds none."""
    if os.geteuid() != 0:
        return PostgresUser(None, mark)
    for name in ("postgres", "nobody"):
        try:
            return PostgresUser(pwd.getpwnam(name), mark)
        except KeyError:
            continue
    raise StackError(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody`: run as another user."
    )
