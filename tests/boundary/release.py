"""The release before this one: the newest commit that CHANGELOG.md names, and its files."""

import re
import subprocess
from pathlib import Path

from tests.boundary.tree import ROOT, Tree

_GIT = ["git", "-c", f"safe.directory={ROOT}"]  # whoever owns the clone
_COMMIT = re.compile(r"commit `?([0-9a-f]{7,40})")


def previous_release() -> str:
    """Return its commit, which has to be in this clone (a shallow one does not do)."""
    named = _COMMIT.search((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert named, "CHANGELOG.md names no release's commit"
    return named[1]


def unpack(commit: str, folder: Path) -> Tree:
    """Put the files of a commit into a folder."""
    archive = subprocess.run([*_GIT, "archive", commit], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
    return Tree(folder)


def git(*arguments: str) -> list[str]:
    """Return the lines that git answers with."""
    answer = subprocess.run([*_GIT, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    return answer.split("\n")
