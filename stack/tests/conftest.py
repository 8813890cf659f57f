"""A stack of the tests' own: its own folder and ports, real processes, raised and stopped by the command line."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from stack import orphans, ports
from stack.down import remove
from stack.layout import ROOT, SHARED_TOOLS, Layout


@dataclass(frozen=True)
class Stack:
    """One stack, spoken to as a person does."""

    home: Path
    port: int

    @property
    def layout(self) -> Layout:
        return Layout(self.home)

    def environment(self, **more: str) -> dict[str, str]:
        # The password that the tests are told is that of the system beside which these are raised.
        own = {"TRIPTYCH_HOME": str(self.home), "TRIPTYCH_PORT": str(self.port), "TRIPTYCH_ADMIN_PASSWORD": ""}
        return {**os.environ, "PYTHONPATH": str(ROOT), **own, **more}

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        """Begin a command without waiting for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "stack", *words], cwd=ROOT, env=self.environment(**more), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def run(self, *words: str, **more: str) -> tuple[int, str]:
        """Return a command's exit status and what it said."""
        with self.start(*words, **more) as process:
            said, _ = process.communicate(timeout=180)
            return process.returncode, said

    def up(self) -> str:
        """Raise the stack, if it is not up, and return what was said."""
        status, said = self.run("up")
        assert status == 0, said
        return said

    def down(self) -> str:
        status, said = self.run("down")
        assert status == 0, said
        return said

    def status(self) -> dict[str, Any]:
        """Return each process's row of `status --json` by its name."""
        status, said = self.run("status", "--json")
        assert status == 0, said
        return {row["name"]: row for row in json.loads(said)["processes"]}

    def told(self) -> dict[str, str]:
        """Return what `env` prints, as a shell understands it."""
        status, said = self.run("env")
        assert status == 0, said
        return dict(word.split("=", 1) for word in shlex.split(said, comments=True))

    def assert_nothing_is_left(self) -> None:
        """Check that no process, no port and no socket of the stack is there any more."""
        assert [process.cmdline() for process in orphans.find(self.layout)] == []
        assert [each for each in psutil.net_connections("tcp") if self._ours(each) and each.status == "LISTEN"] == []
        assert [path for path in self.home.rglob("*") if path.is_socket()] == []
        assert not self.layout.short.exists()
        assert not self.layout.kept_answers.exists()

    def _ours(self, connection: Any) -> bool:
        return bool(connection.laddr) and connection.laddr.port in range(self.port, self.port + 5)


def _new_stack(name: str) -> Iterator[Stack]:
    # Not below /tmp/pytest-of-…: where root runs the tests the database's own user could not enter that.
    stack = Stack(SHARED_TOOLS / "test" / f"{name}-{os.getpid()}", ports.free_base())
    stack.home.mkdir(parents=True)
    yield stack
    said = stack.down()
    remove(stack.layout)
    shutil.rmtree(stack.home)
    assert "down" in said or "Nothing" in said


@pytest.fixture(scope="session")
def shared_stack() -> Iterator[Stack]:
    """Raised once, for all tests that leave it running."""
    yield from _new_stack("stack")


@pytest.fixture
def stack(shared_stack: Stack) -> Stack:
    """A stack that runs; a test may leave it in any state."""
    shared_stack.up()
    return shared_stack


@pytest.fixture
def stopped_stack(shared_stack: Stack) -> Stack:
    """A stack that has been up and is down; a test may leave it in any state."""
    if not shared_stack.layout.credentials.exists():
        shared_stack.up()
    shared_stack.down()
    return shared_stack


@pytest.fixture
def empty_stack() -> Iterator[Stack]:
    """A stack that was never raised."""
    yield from _new_stack("empty")
