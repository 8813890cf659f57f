"""The system has one version: the newest one of CHANGELOG.md."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# How a file of this name states a version.
STATED = {
    "pyproject.toml": r'^version = "(.+)"',
    "openapi.yaml": r"^  version: (.+)",
    "__init__.py": r'^VERSION = "([^"]+)"',
    "kustomization.yaml": r"(?:app\.kubernetes\.io/version|newTag): ([^\s,}]+)",
}
FOLDERS = ("services", "gateway", "stack", "bench", "shared", "k8s")


def stated(file: str) -> set[str]:
    """Return the versions that the file states."""
    path = ROOT / file
    return set(re.findall(STATED[path.name], path.read_text(encoding="utf-8"), re.MULTILINE))


FILES = (
    path.relative_to(ROOT).as_posix()
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.name in STATED and "node_modules" not in path.parts
)
STATING = ["pyproject.toml", *sorted(file for file in FILES if stated(file))]


def test_the_files_that_state_a_version_are_found() -> None:
    assert {"shared/contract/openapi.yaml", "shared/triptych_shared/__init__.py"} < set(STATING)
    assert sum(file.endswith("pyproject.toml") for file in STATING) >= 6, STATING
    assert sum(file.startswith("k8s/overlays/") for file in STATING) >= 3, STATING


@pytest.mark.parametrize("file", STATING)
def test_a_file_states_the_newest_version_of_the_changelog(file: str) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert newest
    assert stated(file) == {newest[1]}
