"""Another commit beside the working tree: what cannot be built, and what is left of what can."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench import builds
from bench.against import line
from bench.sides import MEMORY, NAMED
from stack.errors import StackError
from stack.layout import ROOT
from tests.wait import until

HANGS = "up:\n\t@echo $$$$ >$(TRIPTYCH_HOME)-begun; exec sleep 1000\n"
RAISES = """
import sys
from pathlib import Path
from bench import builds
with builds.checked_out(Path(sys.argv[1]), "HEAD") as sources, builds.raised("there", sources, 1, {}):
    pass
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of somebody who has committed a Makefile that fails."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    commit(folder, "up:\n\t@echo 'the sky is falling' >&2; exit 3\n")
    return folder


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost")
    command = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, makefile: str) -> None:
    (folder / "Makefile").write_text(makefile, encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "A Makefile")


def worktrees(folder: Path) -> int:
    return git(folder, "worktree", "list").count("\n")


def asked(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench.against", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("name", ["nonsense", "HEAD:Makefile", "--all", ""])
def test_what_is_no_commit_is_named(repository: Path, name: str) -> None:
    with pytest.raises(StackError, match=f"There is no commit `{name}`"):
        builds.commit(repository, name)


def test_a_commit_has_every_spelling_of_git(repository: Path) -> None:
    whole = git(repository, "rev-parse", "HEAD").strip()
    git(repository, "tag", "first")
    assert {builds.commit(repository, name) for name in ("HEAD", "first", whole, whole[:7])} == {whole}


def test_where_there_is_no_repository_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no clone of the repository"):
        builds.commit(tmp_path, "HEAD")


def test_what_is_not_committed_is_known(repository: Path) -> None:
    assert builds.changes(repository) == []
    (repository / "new").touch()
    assert builds.changes(repository) == ["?? new"]


def test_sources_of_a_commit_are_gone_at_the_end(repository: Path) -> None:
    with builds.checked_out(repository, "HEAD") as sources:
        assert (sources / "Makefile").is_file()
        assert worktrees(repository) == 2
    assert worktrees(repository) == 1
    assert not sources.parent.exists()


def test_what_cannot_be_built_is_said_in_its_own_words(repository: Path) -> None:
    with (
        pytest.raises(StackError, match=r"(?s)make up.*the sky is falling"),
        builds.checked_out(repository, "HEAD") as sources,
        builds.raised("there", sources, 1, {}),
    ):
        pytest.fail("it was built")
    assert worktrees(repository) == 1
    assert not sources.parent.exists()


def test_who_is_interrupted_while_it_builds_leaves_nothing(repository: Path, tmp_path: Path) -> None:
    commit(repository, HANGS)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", RAISES, str(repository)], cwd=ROOT, stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}"},
    )  # fmt: skip
    try:
        recipe = until(lambda: [int(each.read_text()) for each in temporary.glob("*/*-begun")], "make runs")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) != 0
    finally:
        process.kill()
        process.wait()
    assert list(temporary.iterdir()) == []
    assert not psutil.pid_exists(recipe[0])
    assert worktrees(repository) == 1


def test_an_unknown_workload_is_named_with_those_that_there_are() -> None:
    done = asked("HEAD", "--workloads", "hit,hot")
    assert done.returncode == 1
    assert done.stderr == f"There is no workload hot; there are {', '.join([*NAMED, MEMORY])}.\n"


@pytest.mark.parametrize("option", ["--rounds", "--seconds", "--items"])
@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_a_number_that_is_none_is_refused(option: str, value: str) -> None:
    done = asked("HEAD", f"{option}={value}")
    assert done.returncode == 2
    assert f"argument {option}: " in done.stderr and value in done.stderr


def test_the_help_names_every_workload() -> None:
    said = " ".join(asked("--help").stdout.split())
    for name, each in NAMED.items():
        assert f"{name}: {each.says}" in said


def test_a_ratio_is_the_median_of_the_pairs_ratios_and_not_of_the_sides() -> None:
    shown = line("MB", [(10.0, 20.0), (30.0, 30.0), (100.0, 50.0)])
    assert shown.split(maxsplit=1) == ["MB", "1.00 (0.50–2.00)  30 and 30"]


@pytest.mark.long
@pytest.mark.native
def test_the_last_commit_beside_the_working_tree() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.against", "HEAD", "--rounds=2", "--seconds=0.3", "--items=2000"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for name in (*NAMED, MEMORY):
        assert [text for text in done.stdout.splitlines() if text.startswith(f"{name} ")], done.stdout
