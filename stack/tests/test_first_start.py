"""The first `make up` of a clone: interrupted anywhere, the next one goes on; a broken .venv is mended."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import orphans
from stack.layout import ROOT, SHARED_TOOLS, Layout
from stack.run_state import ready
from stack.tests.clones import Clone
from tests.wait import until

PACKAGES = ".venv/lib/python*/site-packages"
# In the order in which a first start comes to them.
POINTS = (
    "says: making .venv",
    ".venv/pyvenv.cfg",
    ".venv/bin/python",
    f"{PACKAGES}/pip",
    ".venv/bin/pip",
    "says: installing what",
    f"{PACKAGES}/uv*",
    ".venv/bin/uv",
    f"{PACKAGES}/django",
    ".venv/bin/gunicorn",
    ".venv/whole.json",
    ".local/run",
    ".local/credentials.json",
    ".local/postgres/data.new/base",
    ".local/postgres/data/PG_VERSION",
    ".local/run/supervisord.conf",
    ".local/run/supervisord.pid",
    "says: postgres       ready",
    ".local/logs/bootstrap.log says: Applying catalog.0001_initial",
    ".local/logs/bootstrap.log says: Applying accounts",
    ".local/logs/bootstrap.log says: made the admin user",
    "says: bootstrap      done",
    ".local/run/api-fastapi.pid",
    "says: gateway        ready",
)
# One of each kind: making .venv, the database, its migrations.
FEW = tuple(POINTS[each] for each in (3, 13, 18))


@pytest.fixture
def clone() -> Iterator[Clone]:
    """A fresh clone, in a folder with a space in its name; its system is down in the end."""
    place = SHARED_TOOLS / "test" / "first start"
    shutil.rmtree(place, ignore_errors=True)
    clone = Clone.make_in(place / "a clone")
    yield clone
    orphans.end(Layout(clone.folder / ".local"))
    shutil.rmtree(place)


def start_in_spite_of(points: tuple[str, ...], clone: Clone) -> None:
    """Interrupt the start at each of the points, by Ctrl-C and by kill -9 in turn, and then let it be."""
    for number, point in enumerate(points):
        with clone.making("up") as making:
            making.interrupt_at(point, signal.SIGKILL if number % 2 else signal.SIGINT)
    said = clone.make("up")
    assert "ready in" in said and "made up just now" in said
    assert ready(f"http://127.0.0.1:{clone.port}")
    assert "already runs" in clone.make("up")
    clone.make("down")


def test_a_first_start_that_was_interrupted_is_resumed_and_a_broken_venv_is_mended(clone: Clone) -> None:
    start_in_spite_of(FEW, clone)
    (clone.folder / ".venv" / "bin" / "uv").unlink()
    moved = Clone(clone.folder.rename(clone.folder.with_name("moved")), clone.port)
    # both at once: it is made again where it is now, and its programs run
    assert "making .venv" in moved.make(".venv/runtime")
    program = moved.folder / ".venv" / "bin" / "gunicorn"
    assert subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    assert moved.make(".venv/runtime") == ""


@pytest.mark.long
def test_a_first_start_is_resumed_wherever_it_was_interrupted(clone: Clone) -> None:
    assert len(POINTS) >= 20
    start_in_spite_of(POINTS, clone)


@pytest.mark.long
@pytest.mark.parametrize("gone", [".venv/bin/uv", ".venv/bin/python", f"{PACKAGES}/gunicorn", f"{PACKAGES}/pip"])
def test_what_is_gone_from_the_venv_is_brought_back(clone: Clone, gone: str) -> None:
    clone.make(".venv/runtime")
    (path,) = clone.folder.glob(gone)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    clone.make(".venv/runtime")
    assert any(clone.folder.glob(gone))
    assert clone.make(".venv/runtime") == ""


@pytest.mark.parametrize("option", ["core.autocrlf=true", "core.eol=crlf"])
def test_a_clone_has_the_line_ends_that_were_committed(tmp_path: Path, option: str) -> None:
    subprocess.run(["git", "clone", "--quiet", "-c", option, ROOT, tmp_path / "clone"], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--eol"], cwd=tmp_path / "clone", check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert len(listed) > 100
    assert [line for line in listed if "w/crlf" in line or "w/mixed" in line] == []


@pytest.mark.long
def test_two_that_install_at_once_take_turns(clone: Clone) -> None:
    with clone.making(".venv/runtime") as first:
        until(lambda: "making .venv" in first.said, what="the first begins")
        said = clone_beside(clone)
        assert first.process.wait(300) == 0, first.said
    assert "waiting for it" in said and "making .venv" not in said


def clone_beside(clone: Clone) -> str:
    """Return what a second make in the same clone says."""
    done = subprocess.run(
        ["make", ".venv/runtime"], cwd=clone.folder, check=True, capture_output=True, text=True, timeout=300
    )
    return done.stdout
