"""Installs into `.venv` what the locks name: `python -m stack.install runtime`, or `development` for the tests too.

A complete `.venv` is marked with its folder, its Python and its content. Without the mark, or where the mark is no
longer true (interrupted, moved, another Python, something removed), it is made again from nothing; what was fetched
before is in the caches of pip and uv. (Standard library only: everything else runs in what it installs.)
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from stack import inherited, network
from stack.errors import StackError
from stack.layout import ROOT, SHARED_TOOLS

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MARK = VENV / "whole.json"
UV_LOCK = ROOT / "requirements-uv.lock"
DEVELOPMENT = ROOT / "requirements-dev.lock"
IDENTITY = "import sys; print(sys.version_info[:2], sys.prefix)"


@dataclass(frozen=True)
class Mark:
    """A complete `.venv`: its Python and folder, the digests of its locks, the names in it."""

    identity: str
    locks: dict[str, str]
    names: list[str]


def install(kind: str) -> None:
    """Make `.venv` hold what is asked for. Raises StackError, saying what to do, when it cannot be made."""
    SHARED_TOOLS.mkdir(parents=True, exist_ok=True)
    with (SHARED_TOOLS / "install.lock").open("w") as lock:
        _take(lock)
        mark = _read()
        locks = sorted(ROOT.glob("services/*/requirements.lock"))
        locks += [ROOT / "gateway" / "requirements.lock", ROOT / "stack" / "requirements.lock"]
        # What has once been made for development stays so: `make up` after `make test` does not take pytest away again.
        if kind == "development" or (mark and DEVELOPMENT.name in mark.locks):
            locks.append(DEVELOPMENT)
        digests = {str(each.relative_to(ROOT)): _digest(each) for each in (UV_LOCK, *locks)}
        if mark is None or mark.identity != _identity() or not set(mark.names).issubset(_names()):
            _make(lock)
        elif mark.locks == digests:
            return
        MARK.unlink(missing_ok=True)
        _fill(locks, lock)
        draft = MARK.with_suffix(".new")
        draft.write_text(json.dumps(asdict(Mark(_identity(), digests, _names()))), encoding="utf-8")
        draft.rename(MARK)


def _make(lock: IO[str]) -> None:
    print("making .venv", flush=True)
    MARK.unlink(missing_ok=True)
    if VENV.is_symlink():
        VENV.unlink()
    shutil.rmtree(VENV, ignore_errors=True)
    # Not the Python of a virtual environment that is active, which may be the very one that was just removed.
    base = getattr(sys, "_base_executable", "") or sys.executable
    done = _run([base, "-E", "-s", "-m", "venv", str(VENV)], inherited.environment(os.environ), lock)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise StackError(
            f"{base} cannot make a virtual environment: install its venv module (Debian, Ubuntu: sudo apt-get install "
            f"python3-venv), or free some space. It said:\n{(done.stdout + done.stderr).strip()}"
        )


def _fill(locks: list[Path], lock: IO[str]) -> None:
    environment = network.environment(os.environ, str(PYTHON))
    kind = "the tests need" if DEVELOPMENT in locks else "the services need"
    print(f"installing what {kind} into .venv", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(UV_LOCK)]
    uv = [str(VENV / "bin" / "uv"), "pip", "sync", "--quiet", "--require-hashes", "--python", str(PYTHON)]
    uv += ["--no-index"] if environment.get("PIP_NO_INDEX", "0").lower() in ("1", "true", "yes", "on") else []
    for command in (pip, [*uv, *map(str, locks)]):
        done = _run(command, environment, lock)
        if done.returncode:
            said = (done.stdout + done.stderr).strip()
            name = Path(command[0]).name.replace("python", "pip")
            reason = network.explanation(said, environment)
            raise StackError(f"{name} cannot install what the locks name:\n{said}\n{reason}".rstrip())


def _run(command: list[str], environment: dict[str, str], lock: IO[str]) -> subprocess.CompletedProcess[str]:
    """Run a command that inherits the lock: if it outlives this process, the next install waits for it."""
    return subprocess.run(
        command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False, stdin=subprocess.DEVNULL,
        pass_fds=(lock.fileno(),),
    )  # fmt: skip


def _take(lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("another `make` installs into .venv: waiting for it", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def _read() -> Mark | None:
    try:
        return Mark(**json.loads(MARK.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _identity() -> str:
    """Return the version and folder that the Python of `.venv` reports; empty when it does not run."""
    try:
        return subprocess.run(
            [PYTHON, "-E", "-s", "-c", IDENTITY],
            env=inherited.environment(os.environ), capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return ""


def _names() -> list[str]:
    """Return the programs and packages in `.venv`; what Python itself adds while it runs is not ours."""
    folders = [VENV / "bin", *VENV.glob("lib/python*/site-packages")]
    found = (each for folder in folders if folder.is_dir() for each in folder.iterdir() if each.name != "__pycache__")
    return sorted(str(each.relative_to(VENV)) for each in found)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    """Install what the command line names, and return the exit status."""
    os.umask(0o022)
    try:
        install(sys.argv[1])
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error}: free some space, or correct the rights of this folder.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
