"""The lines of the README's tour do what it says they do."""

import re
import subprocess
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent.parent / "README.md").read_text()
TOUR = README.partition("## A tour with curl")[2].partition("\n## ")[0]
# a command, and the lines below it up to an empty one or the end of the block
STEPS = re.findall(r"^\$ (.*)\n((?:(?!```|\n|\$ ).*\n)+)", TOUR, re.MULTILINE)


@pytest.mark.parametrize(("command", "shown"), STEPS, ids=range(len(STEPS)))
def test_a_line_of_the_tour_prints_what_the_readme_shows(command: str, shown: str, url: str) -> None:
    """Run it against this system; `…` in the README stands for anything."""
    done = subprocess.run(
        ["bash", "-c", command.replace("localhost:8080", url.removeprefix("http://"))],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    expected = ".*".join(re.escape(part) for part in shown.strip().split("…"))
    assert re.fullmatch(expected, done.stdout.replace("\r", "").strip(), re.DOTALL), done.stdout


def test_the_tour_has_all_its_lines() -> None:
    """Count them, so that a change of the README's form cannot leave nothing to run."""
    assert len(STEPS) == TOUR.count("$ ") >= 7
