"""docs/promises.md has no dead entry: its tests, the commands that run them and its sources are there."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from stack.testing import PARTS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "promises.md"
COMPOSE = ROOT / "tests" / "compose"


class Promise(NamedTuple):
    """One row of the page, its cells as they are written."""

    text: str
    source: str
    held_by: str
    run: str


def rows(page: str) -> list[Promise]:
    """Return the rows of the page's tables."""
    cells = [line.strip("|").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return [Promise(*map(str.strip, row)) for row in cells if row[0].strip() != "promise"]


def complaints(promise: Promise) -> list[str]:
    """Return what is wrong with a row, each with the name of what is missing."""
    found = []
    source = re.fullmatch(r"\[.+\]\((.+?)(?:#.*)?\)", promise.source)
    if not source or not (PAGE.parent / source[1]).is_file():
        found.append(f"its source {promise.source} is not there")
    tests = re.findall(r"`([^`]+)::(\w+)`", promise.held_by)
    if not tests:
        found.append("no test holds it")
    commands = re.findall(r"`(make [^`]+)`", promise.run)
    for file, name in tests:
        if not (ROOT / file).is_file():
            found.append(f"there is no file {file}")
        elif name not in known_tests(file):
            found.append(f"there is no test {name} in {file}")
        elif not any(runs(command, file, name) for command in commands):
            found.append(f"no command runs {name}")
    return found


@cache
def known_tests(file: str) -> dict[str, bool]:
    """Return the tests of a file, and of each whether it is a long one."""
    text = (ROOT / file).read_text(encoding="utf-8")
    all_long = re.search(r"^pytestmark = .*mark\.long", text, re.MULTILINE) is not None
    pattern = r"((?:^ *@(?:.|\n)*?)?)^ *(?:async )?def (test_\w+)"
    return {name: all_long or "mark.long" in above for above, name in re.findall(pattern, text, re.MULTILINE)}


def runs(command: str, file: str, name: str) -> bool:
    """Return whether the command runs the test: its target, its part and its expression fit."""
    target = command.split()[1]
    part = re.search(r"PART=([\w-]+)", command)
    chosen = re.search(r"ARGS=\"-k '([^']+)'\"", command)
    if not chosen or name not in chosen[1].split(" or "):
        return False
    if (ROOT / file).is_relative_to(COMPOSE):
        return target == "test-compose" and not part
    if target != ("test-long" if known_tests(file)[name] else "test") or not part or part[1] not in PARTS:
        return False
    homes = [each for each, folder in PARTS.items() if (ROOT / file).is_relative_to(folder)]
    return part[1] == max(homes, key=lambda each: len(PARTS[each].parts))


def test_no_promise_is_dead() -> None:
    wrong = {
        promise.text: found for promise in rows(PAGE.read_text(encoding="utf-8")) if (found := complaints(promise))
    }
    assert not wrong, "\n".join(f"{text}: {'; '.join(found)}" for text, found in wrong.items())


def test_the_page_has_promises() -> None:
    assert len(rows(PAGE.read_text(encoding="utf-8"))) > 80


SOURCE = "[README](../README.md)"
TEST = "tests/contract/test_promises.py"
HELD = f"`{TEST}::test_the_page_has_promises`"
RUN = "`make test PART=tests ARGS=\"-k 'test_the_page_has_promises'\"`"


@pytest.mark.parametrize(
    ("promise", "complaint"),
    [
        (Promise("", SOURCE, HELD, RUN), None),
        (Promise("", "[gone](gone.md)", HELD, RUN), "its source [gone](gone.md) is not there"),
        (Promise("", SOURCE, "", RUN), "no test holds it"),
        (Promise("", SOURCE, "`tests/gone.py::test_x`", RUN), "there is no file tests/gone.py"),
        (Promise("", SOURCE, f"`{TEST}::test_gone`", RUN), f"there is no test test_gone in {TEST}"),
        (Promise("", SOURCE, HELD, RUN.replace("PART=tests", "PART=gone")), "no command runs"),
        (Promise("", SOURCE, HELD, RUN.replace("PART=tests", "PART=stack")), "no command runs"),
        (Promise("", SOURCE, HELD, RUN.replace("make test ", "make test-long ")), "no command runs"),
        (Promise("", SOURCE, HELD, RUN.replace("has_promises", "has_others")), "no command runs"),
    ],
)
def test_a_dead_entry_is_named(promise: Promise, complaint: str | None) -> None:
    found = "; ".join(complaints(promise))
    assert found == "" if complaint is None else complaint in found
