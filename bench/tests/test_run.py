"""A small run from beginning to end, which leaves nothing behind."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench import peer_servers
from bench.__main__ import HOME
from stack.layout import ROOT

pytestmark = [pytest.mark.long, pytest.mark.native]


def test_a_run_with_one_peer_writes_the_page_and_leaves_nothing(tmp_path: Path) -> None:
    chosen = ["--quick", "--items", "2000", "--peers", "flask_sqlalchemy", "--report", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *chosen], cwd=ROOT, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert "Flask + SQLAlchemy" not in results["missing"]
    assert results["missing"]["Django + DRF"] == "left out on request"
    sides = {tuple(side) for each in results["compared"] for side in (each["over"], each["under"])}
    assert {("Triptych", "zipf"), ("Flask + SQLAlchemy", "zipf"), ("nginx return 200", "one")} <= sides
    assert all(each["pairs"] for each in results["compared"])
    page = (tmp_path / "benchmarks.md").read_text()
    assert "Flask + SQLAlchemy, behind nginx with its cache" in page
    assert not HOME.exists()
    left = [process.cmdline() for process in psutil.process_iter() if _of_the_run(process)]
    assert left == []


def _of_the_run(process: psutil.Process) -> bool:
    try:
        said = [*process.cmdline(), process.cwd()]
    except psutil.Error:
        return False
    return any(str(folder) in word for word in said for folder in (HOME, peer_servers.FOLDER))
