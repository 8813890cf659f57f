"""Measures another commit beside the working tree: workloads in turn, and the memory of a worker of api-fastapi.

Each is built from its own sources by its own `make up`, with a .venv, ports and data of its own, and is gone at the
end, also after Ctrl-C. "÷" is the working tree's figure divided by the other's: the median of the pairs' ratios, with
its order-statistic interval of 95 % (where there are too few pairs for that: all of them).
"""

import argparse
import os
import random
import secrets
import shutil
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from bench import builds
from bench import workloads as w
from bench.intervals import estimate
from bench.sides import MEMORY, NAMED, Side
from bench.wrk import RefusedError, WrkIsMissingError
from stack.errors import StackError
from stack.layout import ROOT
from tests.bearer import Bearer
from tests.http_client import HttpClient


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    known = "; ".join(f"{name}: {each.says}" for name, each in NAMED.items())
    top = argparse.ArgumentParser(
        prog="python -m bench.against", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"Workloads: {known}; {MEMORY}: of a worker of api-fastapi, after the same reads.",
    )  # fmt: skip
    top.add_argument("commit", help="what to measure beside the working tree, in any of git's spellings")
    top.add_argument("--workloads", default=",".join([*NAMED, MEMORY]), help="only these, separated by commas")
    top.add_argument("--rounds", type=_positive(int), default=9, help="pairs of windows of each workload (9)")
    top.add_argument("--seconds", type=_positive(float), default=1.0, help="of a window (1)")
    top.add_argument("--items", type=_positive(int), default=50_000, help="in each database (50,000)")
    return top


def _positive(kind: type) -> Callable[[str], float]:
    def read(text: str) -> float:
        value: float = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    read.__name__ = {int: "whole number", float: "number"}[kind]
    return read


def main() -> int:
    """Measure, print, and return the exit status."""
    chosen = parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = [name for name in chosen.workloads.split(",") if name]
    try:
        if unknown := sorted({*names} - {*NAMED, MEMORY}):
            raise StackError(f"There is no workload {', '.join(unknown)}; there are {', '.join([*NAMED, MEMORY])}.")
        if shutil.which("wrk") is None:
            raise WrkIsMissingError("wrk is not on PATH: install it (Debian, Ubuntu: sudo apt-get install wrk)")
        commit = builds.commit(ROOT, chosen.commit)
        if changed := builds.changes(ROOT):
            print(f"The working tree has {len(changed)} changes that are not in a commit; they are measured, too.")
        with measured(commit, chosen.commit, chosen.items) as sides:
            compare(sides, names, chosen.rounds, chosen.seconds)
    except (StackError, RefusedError, WrkIsMissingError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: nothing is left behind", file=sys.stderr)
        return 130
    return 0


@contextmanager
def measured(commit: str, name: str, items: int) -> Iterator[tuple[Side, Side]]:
    """Have the working tree and the commit run inside of the block, with as many items each."""
    password = {"TRIPTYCH_ADMIN_PASSWORD": secrets.token_urlsafe(12)}
    os.environ.update(password, TRIPTYCH_ADMIN_USER="admin")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sources = stack.enter_context(builds.checked_out(ROOT, commit))
        sides: list[Side] = []
        for each, where in (("working tree", ROOT), (name, sources)):
            print(f"building {each}", flush=True)
            build = stack.enter_context(builds.raised(each, where, items, password))
            url = build.told["TRIPTYCH_SUPERUSER_DATABASE_URL"]
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("VACUUM (ANALYZE) items")
                connection.execute("CHECKPOINT")
                scene = sides[0].scene if sides else w.look(connection, items)
            uncached = stack.enter_context(build.api_fastapi(CACHE_MEMORY_MB="0"))
            bearer = Bearer(stack.enter_context(HttpClient(build.told["TRIPTYCH_URL"])))
            sides.append(Side(build, uncached, scene, bearer, folder))
        yield sides[0], sides[1]


def compare(sides: tuple[Side, Side], names: list[str], rounds: int, seconds: float) -> None:
    """Measure both in turn, each round in another order and with the other side first, and print what came of it."""
    figures: dict[str, list[tuple[dict[str, float], dict[str, float]]]] = {name: [] for name in names}
    for name in names:
        for side in sides:
            side.figures(name, seconds)  # to warm it up
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", flush=True)
        for name in random.sample(names, len(names)):
            if number % 2:
                second = sides[1].figures(name, seconds)
                figures[name].append((sides[0].figures(name, seconds), second))
            else:
                first = sides[0].figures(name, seconds)
                figures[name].append((first, sides[1].figures(name, seconds)))
    print(f"\n{sides[0].build.name} ÷ {sides[1].build.name}, and the medians of both")
    for name, pairs in figures.items():
        for what in pairs[0][0]:
            print(f"{name:8} {line(what, [(one[what], other[what]) for one, other in pairs])}")
    print(f"Other programs had {statistics.median(sides[0].others + sides[1].others or [0.0]):.0%} of the machine.")


def line(what: str, pairs: Sequence[tuple[float, float]]) -> str:
    """Return the ratio of pairs of figures with its interval, and the medians of both sides."""
    ratio = estimate([one / other for one, other in pairs])
    medians = " and ".join(f"{statistics.median(side):,.5g}" for side in zip(*pairs, strict=True))
    return f"{what:35} {ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})  {medians}"


if __name__ == "__main__":
    sys.exit(main())
