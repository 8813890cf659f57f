"""The lines of the README's tour do what it says they do."""

import os
import re
import subprocess
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent.parent / "README.md").read_text()
TOUR = README.partition("## A tour with curl")[2].partition("\n## ")[0]
# a variable that later commands use
ASSIGNMENTS = re.findall(r"^\$ ([A-Z]+=.*)$", TOUR, re.MULTILINE)
# a command, and the lines below it up to an empty one or the end of the block
STEPS = re.findall(r"^\$ (.*)\n((?:(?!```|\n|\$ ).*\n)+)", TOUR, re.MULTILINE)


@pytest.mark.parametrize(("command", "shown"), STEPS, ids=range(len(STEPS)))
def test_a_line_of_the_tour_prints_what_the_readme_shows(command: str, shown: str, url: str) -> None:
    """Run it against this system; `…` in the README stands for anything, `triptych` for the first user's password."""
    password = os.environ["TRIPTYCH_ADMIN_PASSWORD"]
    script = "\n".join([*ASSIGNMENTS, command]).replace('"password":"triptych"', f'"password":"{password}"')
    done = subprocess.run(
        ["bash", "-c", script.replace("localhost:8080", url.removeprefix("http://"))],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    expected = ".*".join(re.escape(part) for part in shown.strip().split("…"))
    assert re.fullmatch(expected, done.stdout.replace("\r", "").strip(), re.DOTALL), done.stdout


def test_the_tour_has_all_its_lines() -> None:
    """Count them, so that a change of the README's form cannot leave nothing to run."""
    assert len(STEPS) + len(ASSIGNMENTS) == TOUR.count("$ ") >= 10
