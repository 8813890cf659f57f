"""Where and with what a run was made: the first lines of the report."""

import datetime
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import psutil
import psycopg

from bench import peer_servers
from bench.measuring import Extent
from stack import nginx
from stack.layout import ROOT

PACKAGES = "fastapi|uvicorn|asyncpg|django|djangorestframework|flask|sqlalchemy"


def describe(
    items: int, extent: Extent, connection: psycopg.Connection[tuple[object, ...]], quick: bool
) -> dict[str, str]:
    """Return what has to be known of a run, by its name in the report."""
    model = re.search(r"model name\s*: (.*)", _read("/proc/cpuinfo"))
    (postgres,) = connection.execute("SHOW server_version").fetchone() or ("?",)
    commit = _said("git", "-C", str(ROOT), "describe", "--always", "--dirty")
    pins = _read(str(ROOT / "bench" / "peers" / "requirements.lock"))
    packages = re.findall(rf"^((?:{PACKAGES})==\S+)", pins, re.M)
    return {
        "Date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Command": "make bench QUICK=1" if quick else "make bench",
        "Commit": commit,
        "Machine": f"{os.cpu_count()} × {model[1] if model else platform.machine()}, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GB, {platform.system()} {platform.release()}",
        "Items": f"{items:,}",
        "Windows": f"{extent.rounds} rounds of {extent.seconds:g} s (three times that with writes)",
        "Programs": ", ".join(
            [
                f"Python {platform.python_version()}", f"PostgreSQL {postgres}",
                _said(str(nginx.folder() / "nginx"), "-v").removeprefix("nginx version: "),
                f"Node {_said(*_node(), '--version')}", " ".join(_said("wrk", "--version").split()[:2]),
                *(each.replace("==", " ") for each in packages),
            ]
        ),
    }  # fmt: skip


def _node() -> list[str]:
    return peer_servers.command(peer_servers.PEERS[-1], 0, 0)[:1]


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def _said(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return "unknown"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip()
