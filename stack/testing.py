"""`test`: raises a stack of its own, runs each part's tests against it, adds them up, and takes it down again."""

import functools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

from stack import chromium, dotenv, environment, inherited, network, ports
from stack.down import down, remove
from stack.layout import ROOT, SHARED_TOOLS, Layout
from stack.lock import exclusive
from stack.settings import load
from stack.up import up

HOME = SHARED_TOOLS / "test"
# Where a part's tests are. A service's are run where the service is run, the others at the root.
PARTS = {
    "admin-django": ROOT / "services" / "admin-django" / "tests",
    "simple-flask": ROOT / "services" / "simple-flask" / "tests",
    "api-fastapi": ROOT / "services" / "api-fastapi" / "tests",
    "stack": ROOT / "stack" / "tests",
    "bench": ROOT / "bench" / "tests",
    "boundary": ROOT / "tests" / "boundary",
    "browser": ROOT / "tests" / "browser",
    "clients": ROOT / "tests" / "clients",
    "k8s": ROOT / "tests" / "k8s",
    "tests": ROOT / "tests",
}
# These leave the stack's processes alone, and run beside each other. What may not meet stands in one lane: two that
# migrate on the same server, and two of which one locks the items or damages the feed that the other one reads from.
LANES = (
    ("admin-django", "boundary", "stack"),
    ("api-fastapi", "browser", "simple-flask", "clients", "k8s", "bench"),
)
# These have the stack for themselves: they stop parts of it.
ALONE = ("tests",)
NO_TESTS = 5  # pytest's exit status when it collected none
# Tests count the items of a category right after they wrote them.
SETTINGS = {"CATEGORY_COUNTS_MAX_AGE_SECONDS": "0"}


@dataclass(frozen=True)
class Result:
    """What one part's tests came to."""

    part: str
    passed: int
    failed: int
    seconds: float
    remark: str = ""


def test(*, long: bool, part: str | None, arguments: list[str]) -> int:
    """Run the tests, print a summary whose last line is `N passed, N failed`, and return the exit status."""
    # A shell lets what it starts in the background ignore Ctrl-C, and so would all that tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    start = time.monotonic()
    browser = {"TRIPTYCH_CHROMIUM": str(chromium.program())} if part in (None, "browser") else {}
    layout = Layout(HOME / "stack")
    HOME.mkdir(parents=True, exist_ok=True)
    with exclusive(HOME, "test"):
        if layout.home.exists():
            down(layout)
            remove(layout)
        # Neither what the person has set nor what is in .env is what is tested: an empty value is the default.
        unset = dict.fromkeys(dotenv.read(ROOT / ".env"), "")
        chosen = {"TRIPTYCH_HOME": str(layout.home), "TRIPTYCH_PORT": str(ports.free_base()), **SETTINGS}
        inherits = {**inherited.without_settings(os.environ), **unset, **network.direct_here(os.environ)}
        try:
            up(load(ROOT, {**inherits, **chosen}))
            told = {**inherits, **environment.told(layout), **browser}
            run = functools.partial(_run, told=told, long=long, arguments=arguments)
            results = [run(part)] if part else [*_beside(run), *map(run, ALONE)]
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            down(layout)
    _print(results, time.monotonic() - start)
    return 1 if any(result.failed for result in results) else 0


def _beside(run: Callable[..., Result]) -> list[Result]:
    """Run the lanes beside each other; each part's output is shown when it has ended, whole."""
    interrupted = threading.Event()

    def shown(part: str) -> Result:
        with tempfile.TemporaryFile("w+") as output:
            result = run(part, output=output)
            output.seek(0)
            print(output.read(), end="", flush=True)
        return result

    def in_turn(lane: tuple[str, ...]) -> list[Result]:
        return [shown(part) for part in lane if not interrupted.is_set()]

    with ThreadPoolExecutor(len(LANES)) as lanes:
        try:
            return list(chain.from_iterable(lanes.map(in_turn, LANES)))
        except KeyboardInterrupt:  # the parts that run have been told too
            interrupted.set()
            raise


def _run(part: str, told: dict[str, str], *, long: bool, arguments: list[str], output: IO[str] | None = None) -> Result:
    folder = PARTS[part]
    report = HOME / f"{part}.xml"
    report.unlink(missing_ok=True)
    place = folder.parent if folder.is_relative_to(ROOT / "services") else ROOT
    paths = [str(place)] if place == ROOT else [str(place), str(ROOT / "shared")]
    apart = [f"--ignore={other}" for other in PARTS.values() if other != folder and other.is_relative_to(folder)]
    print(f"\n=== {part}", file=output or sys.stdout, flush=True)
    start = time.monotonic()
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", str(folder.relative_to(place)), *apart,
            "-c", str(ROOT / "pyproject.toml"), f"--rootdir={place}",
            "-m", "long" if long else "not long", f"--junitxml={report}", *arguments,
        ],
        cwd=place, env={**told, "PYTHONPATH": os.pathsep.join(paths)}, stdout=output, check=False,
    )  # fmt: skip
    seconds = time.monotonic() - start
    passed, failed, skipped = _counts(report)
    if skipped:
        # A test that was skipped has shown nothing.
        return Result(part, passed, failed + skipped, seconds, f"{skipped} skipped, which counts as failed")
    if done.returncode == NO_TESTS:
        filtered = long or bool(arguments)
        return Result(
            part, 0, 0 if filtered else 1, seconds, "no tests" if filtered else "no tests: that cannot be right"
        )
    if done.returncode and not failed:
        return Result(part, passed, 1, seconds, f"pytest ended with status {done.returncode}")
    return Result(part, passed, failed, seconds)


def _counts(report: Path) -> tuple[int, int, int]:
    """Return how many tests passed, failed (errors included) and were skipped, by pytest's report."""
    try:
        suites = list(ElementTree.parse(report).getroot().iter("testsuite"))
    except (OSError, ElementTree.ParseError):
        return 0, 0, 0
    tests, failures, errors, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "failures", "errors", "skipped")
    )
    return tests - failures - errors - skipped, failures + errors, skipped


def _print(results: list[Result], seconds: float) -> None:
    print(f"\n{'part':<14} {'passed':>7} {'failed':>7} {'seconds':>8}")
    for result in results:
        print(
            f"{result.part:<14} {result.passed:>7} {result.failed:>7} {result.seconds:>8.1f}  {result.remark}".rstrip()
        )
    print(f"{'in all':<14} {'':>7} {'':>7} {seconds:>8.1f}")
    print(f"{sum(each.passed for each in results)} passed, {sum(each.failed for each in results)} failed", flush=True)
