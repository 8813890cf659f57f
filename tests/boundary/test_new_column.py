"""The recipe for a new column (docs/architecture.md), carried out on a copy of the tree: what is left out is named.

`new_column.patch` is the recipe for `weight_grams`. Where it no longer applies, make the change again by hand, and
write it down: `git add -N services; git diff -U1 > tests/boundary/new_column.patch`.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.boundary.release import git
from tests.boundary.tree import ROOT

PATCH = Path(__file__).with_name("new_column.patch")
COLUMN = "weight_grams"
MOST_FILES, MOST_LINES = 10, 40
# The tests that name what is left out, by the folder they are run in.
TESTS = {
    "services/admin-django": ["tests/fields"],
    ".": [
        "tests/boundary/test_item_fields.py",
        "tests/boundary/test_drift.py::test_the_models_need_no_further_migration",
        "tests/boundary/test_drift.py::test_a_service_sees_the_tables_as_they_are",
        "tests/boundary/test_drift.py::test_a_service_waits_for_the_migrations_that_its_mirror_needs",
        "tests/contract/test_document.py",
        "tests/contract/test_generated_openapi.py",
    ],
}


@dataclass(frozen=True)
class Hunk:
    """A place of the recipe: the file, what a patch says of it, and the change."""

    file: str
    head: str
    change: str

    def __str__(self) -> str:
        added = next(line for line in self.change.splitlines() if line.startswith("+"))
        return f"{self.file}: {added[1:].strip()[:60]}"


def hunks() -> list[Hunk]:
    """Return the places of the recipe."""
    found = []
    for of_file in re.split(r"^(?=diff --git )", PATCH.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, *changes = re.split(r"^(?=@@ )", of_file, flags=re.MULTILINE)
        named = re.search(r"^\+\+\+ b/(.+)$", head, re.MULTILINE)
        assert named, head
        found += [Hunk(named[1], head, change) for change in changes]
    return found


def apply(places: Iterable[Hunk], folder: Path, *options: str) -> None:
    """Carry out these places of the recipe in a tree."""
    patch, last = "", ""
    for place in places:
        patch += (place.head if place.head != last else "") + place.change
        last = place.head
    command = ["git", "apply", "--recount", *options, "-"]
    done = subprocess.run(command, cwd=folder, input=patch, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"make {PATCH.name} anew, as above: {done.stderr}"


def copy(folder: Path) -> Path:
    """Copy the tree as it is here, without what git ignores."""
    for name in filter(None, git("ls-files", "--cached", "--others", "--exclude-standard")):
        if (source := ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return folder


def carry_out(places: Iterable[Hunk], folder: Path) -> None:
    """Carry out these places in a tree, and have the statements compiled that follow from them, as `make snapshot`."""
    apply(places, folder)
    service = folder / "services" / "api-fastapi"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(service), str(folder / "shared")])}
    command = [sys.executable, "-m", "api_fastapi.database.compiler"]
    done = subprocess.run(command, cwd=service, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0 or COLUMN in done.stderr, done.stderr


def complaints(folder: Path, first: str) -> str:
    """Return what the tests in a tree complain of, up to one that names the column; those of `first` before others."""
    said = ""
    for place in sorted(TESTS, key=lambda place: place != first):
        paths = [str(folder / place), str(folder / "shared")] if place != "." else [str(folder)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
        environment["CI"] = "true"  # pytest then cuts nothing off from what differs
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", f"-c={folder / 'pyproject.toml'}",
             f"--rootdir={folder / place}", "-m", "not long", *TESTS[place]],
            cwd=folder / place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False,
        )  # fmt: skip
        said += done.stdout if done.returncode else ""
        if COLUMN in said:
            break
    return said


def test_the_recipe_is_short() -> None:
    places = hunks()
    added = [line for place in places for line in place.change.splitlines() if line.startswith("+")]
    assert len({place.file for place in places}) <= MOST_FILES
    assert len(added) <= MOST_LINES


def test_the_recipe_still_applies() -> None:
    apply(hunks(), ROOT, "--check")


def test_the_page_names_every_file_of_the_recipe() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    _, _, recipe = page.partition("## A new column, step by step")
    recipe, _, _ = recipe.partition("\n## ")
    files = {place.file for place in hunks()}
    missing = {file for file in files if f"`{file}`" not in recipe and "/migrations/" not in file}
    assert missing == set(), "docs/architecture.md leaves these out of a new column, step by step"


@pytest.mark.long
@pytest.mark.native
def test_the_whole_recipe_leaves_nothing_to_complain_of(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    carry_out(hunks(), folder)
    assert complaints(folder, "services/admin-django") == ""


@pytest.mark.long
@pytest.mark.native
@pytest.mark.parametrize("left_out", hunks(), ids=str)
def test_what_is_left_out_is_named(left_out: Hunk, tmp_path: Path) -> None:
    folder = copy(tmp_path)
    carry_out([place for place in hunks() if place != left_out], folder)
    first = "services/admin-django" if "admin-django" in left_out.file or left_out.file.endswith(".yaml") else "."
    said = complaints(folder, first)
    assert re.search(r"^(FAILED|ERROR) ", said, re.MULTILINE), f"nothing fails without {left_out}"
    assert COLUMN in said, f"what fails without {left_out} does not name the column: {said[-3000:]}"
