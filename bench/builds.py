"""Builds of this system, one beside the other: each from its own sources, and spoken to by its own command line."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import servers
from bench.api_styles import Triptych
from bench.servers import Target
from stack import inherited, ports
from stack.errors import StackError

# The limit per client would be the limit of the generator.
SETTINGS = {"GATEWAY_RATE_LIMIT": "100000"}


@dataclass(frozen=True)
class Build:
    """A system that runs: from which sources, where its state is, and what `stack env` and `status` said of it."""

    name: str
    folder: Path
    environment: dict[str, str]
    told: dict[str, str]
    groups: dict[str, list[int]]

    def server(self, url: str) -> Target:
        """Return one of its servers, by the variable that has its URL."""
        return Target(self.name, int(self.told[url].rpartition(":")[2]), Triptych(), self.groups)

    @contextmanager
    def api_fastapi(self, **settings: str) -> Iterator[Target]:
        """Run another api-fastapi of the build, with other settings."""
        port = ports.free_base()
        changed = [f"{name}={value}" for name, value in {"BIND": f"127.0.0.1:{port}", **settings}.items()]
        command = _stack(self.folder, "exec", "api-fastapi", "env", *changed, "python", "-m", "api_fastapi")
        with servers.started(command, self.folder, self.environment, port) as pid:
            groups = {"api-fastapi": [pid], "postgres": self.groups["postgres"]}
            yield Target(self.name, port, Triptych(), groups)


def commit(repository: Path, name: str) -> str:
    """Return the whole name of a commit. Raises StackError when there is none, or no repository."""
    done = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if done.returncode:
        inside = _git(repository, "rev-parse", "--git-dir").returncode == 0
        raise StackError(
            f"There is no commit `{name}` in this clone: `git log --all` shows those that there are."
            if inside
            else f"{repository} is no clone of the repository: there is no other commit to build."
        )
    return done.stdout.strip()


def changes(repository: Path) -> list[str]:
    """Return what differs from the last commit in the working tree, a line each."""
    return _git(repository, "status", "--porcelain").stdout.splitlines()


@contextmanager
def checked_out(repository: Path, name: str) -> Iterator[Path]:
    """Have the sources of a commit in a temporary folder inside of the block."""
    with _temporary() as folder:
        sources = folder / "sources"
        done = _git(repository, "worktree", "add", "--detach", "--quiet", str(sources), name)
        try:
            if done.returncode:
                raise StackError(f"The commit {name} cannot be checked out: {done.stderr.strip()}")
            yield sources
        finally:
            _git(repository, "worktree", "remove", "--force", str(sources))


@contextmanager
def raised(name: str, folder: Path, items: int, settings: dict[str, str]) -> Iterator[Build]:
    """Build and run what is in a folder, by its own Makefile, with ports and data of its own, inside of the block.

    Raises StackError, with what was said, when it cannot be built.
    """
    with _temporary() as home:
        own = {"TRIPTYCH_HOME": str(home / "state"), "TRIPTYCH_PORT": str(ports.free_base())}
        plain = inherited.without_settings(inherited.environment(os.environ))
        environment = {**plain, **SETTINGS, **settings, **own}
        try:
            _run(["make", "up"], folder, environment)
            _run(["make", "seed", f"COUNT={items}"], folder, environment)
            told = _run(_stack(folder, "env"), folder, environment)
            status = _run(_stack(folder, "status", "--json"), folder, environment)
            groups = {row["name"]: [row["pid"]] for row in json.loads(status)["processes"]}
            variables = dict(word.split("=", 1) for word in shlex.split(told, comments=True))
            yield Build(name, folder, environment, variables, groups)
        finally:
            if Path(_stack(folder)[0]).exists():
                _run(_stack(folder, "down", "--volumes"), folder, environment)


def _stack(folder: Path, *words: str) -> list[str]:
    return [str(folder / ".venv" / "bin" / "python"), "-E", "-s", "-m", "stack", *words]


@contextmanager
def _temporary() -> Iterator[Path]:
    """Make a folder that the database's own user may enter, too, and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="triptych-"))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Return what a command printed. Raises StackError when it fails; one that is interrupted ends before this does."""
    process = subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        printed, said = process.communicate()
    except BaseException:
        _interrupt(process)
        raise
    if process.returncode:
        last = "\n".join((printed + said).strip().splitlines()[-20:])
        raise StackError(f"`{shlex.join(command)}` failed in {folder}:\n{last}")
    return printed


def _interrupt(process: subprocess.Popen[str]) -> None:
    """End a command as Ctrl-C does, and wait for it; make waits for what it has started."""
    try:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _git(repository: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-C", str(repository), *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
