"""Programs from the system's package archive, unpacked below `.local` without root and without installing anything.

apt resolves what is missing, downloads it with lists and caches of its own, and dpkg-deb unpacks it (Debian, Ubuntu).
"""

import fcntl
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from stack import network
from stack.layout import SHARED_TOOLS

SYSTEM_LISTS = Path("/var/lib/apt/lists")


class Unavailable(Exception):
    """The package cannot be fetched; the message says why."""


def folder(package: str) -> Path:
    """Return where a package is unpacked."""
    return SHARED_TOOLS / package


def unpack(package: str, program: str) -> Path:
    """Fetch a package with what it lacks on this system; return the path of a `program` of it that can be run.

    Raises Unavailable when this system has no apt, or apt does not get it.
    """
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise Unavailable("this system has no apt-get")
    target = folder(package)
    apt = SHARED_TOOLS / "apt"
    apt.mkdir(parents=True, exist_ok=True)
    with (apt / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two stacks that start at the same moment share one download
        launcher = target / "bin" / Path(program).name
        if launcher.exists():
            return launcher
        archives = _download(package, apt)
        draft = target.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        (draft / "bin").mkdir(parents=True)
        for archive in archives:
            subprocess.run(["dpkg-deb", "-x", archive, draft], check=True)
        if not (draft / program).exists():
            raise Unavailable(f"there is no {program} in {', '.join(path.name for path in archives)}")
        _write_launcher(draft / "bin" / Path(program).name, target / program, target)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
        for used in ("cache", "lists"):
            shutil.rmtree(apt / used, ignore_errors=True)
        return launcher


def _download(package: str, apt: Path) -> list[Path]:
    """Download a package and its missing dependencies; first by the system's lists, then by fresh ones of our own."""
    own_lists = apt / "lists"
    problem = ""
    for lists in (SYSTEM_LISTS, own_lists):
        archives = apt / "cache" / "archives"
        shutil.rmtree(apt / "cache", ignore_errors=True)
        (archives / "partial").mkdir(parents=True)
        options = _options(apt, lists)
        if lists == own_lists:
            (lists / "partial").mkdir(parents=True, exist_ok=True)
            problem = _apt([*options, "update"])
            if problem:
                # Without lists apt knows no package at all: that one is missing is then not the cause.
                raise Unavailable(f"the lists of packages cannot be downloaded\n{problem}")
        install = ["install", "--download-only", "--reinstall", "--no-install-recommends", "--yes", package]
        problem = _apt([*options, *install])
        found = sorted(archives.glob("*.deb"))
        if any(path.name.startswith(f"{package}_") for path in found):
            return found
    raise Unavailable(problem or f"apt downloads no {package}")


def _options(apt: Path, lists: Path) -> list[str]:
    settings = {
        "Dir::Cache": apt / "cache",
        "Dir::State::lists": lists,
        "Debug::NoLocking": "1",  # the system's locks are root's, and nothing of the system is changed
        "APT::Sandbox::User": "",
        "APT::Get::List-Cleanup": "0",
        "APT::Update::Post-Invoke": "",
        "APT::Update::Error-Mode": "any",  # else a list that cannot be downloaded is a warning
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "Acquire::http::Timeout": "20",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _apt(arguments: list[str]) -> str:
    """Run apt-get; return what it complained of, nothing when it succeeded."""
    environment = network.environment(os.environ, sys.executable) | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", *arguments], env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode == 0:
        return ""
    said = done.stderr.strip() or done.stdout.strip()
    return f"{said}\n{network.explanation(said, environment)}".rstrip()


def _write_launcher(launcher: Path, program: Path, target: Path) -> None:
    libraries = sorted({str(target / path.parent.relative_to(launcher.parent.parent)) for path in _libraries(launcher)})
    lines = ["#!/bin/sh"]
    if libraries:
        lines.append(f"export LD_LIBRARY_PATH={shlex.quote(':'.join(libraries))}")
    lines.append(f'exec {shlex.quote(str(program))} "$@"')
    launcher.write_text("\n".join(lines) + "\n", encoding="utf-8")
    launcher.chmod(0o755)


def _libraries(launcher: Path) -> list[Path]:
    unpacked = launcher.parent.parent
    return [path for folder in ("lib", "usr/lib") for path in (unpacked / folder).rglob("lib*.so.*")]


def how_to_install(package: str) -> str:
    """Return the command that installs a package on this system, as far as it can be told."""
    for manager, command in (
        ("apt-get", f"sudo apt-get install {package}"),
        ("dnf", f"sudo dnf install {package}"),
        ("apk", f"sudo apk add {package}"),
        ("pacman", f"sudo pacman -S {package}"),
        ("zypper", f"sudo zypper install {package}"),
        ("brew", f"brew install {package}"),
    ):
        if shutil.which(manager):
            return f"`{command}`, then `make up` again."
    return f"with your system's package manager (apt, dnf, brew), so that `{package}` is on PATH; then `make up` again."
