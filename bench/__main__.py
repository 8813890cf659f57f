"""`make bench`: raises a system of its own, measures it beside the peers, and writes bench/report.

It runs for forty minutes, with QUICK=1 for about three minutes; Ctrl-C ends it and leaves nothing behind.
"""

import argparse
import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg

from bench import compared_pairs, peer_servers, report, run_description, servers, workloads
from bench.measuring import Extent, Measuring
from bench.results import Results
from bench.wrk import RefusedError, WrkIsMissingError
from stack import environment, ports
from stack.down import down, remove
from stack.errors import StackError
from stack.layout import ROOT, SHARED_TOOLS, Layout
from stack.lock import exclusive
from stack.settings import load
from stack.up import up
from tests.bearer import Bearer
from tests.http_client import HttpClient

HOME = SHARED_TOOLS / "bench"
REPORT = ROOT / "bench" / "report"
# The limit per client would be the limit of the generator; the services are as `make up` has them.
SETTINGS = {"GATEWAY_RATE_LIMIT": "100000"}
FULL, QUICK = Extent(5, 1.0, 900, 200, 5.0), Extent(2, 0.3, 6, 100, 1.0)
ITEMS = {False: 1_000_000, True: 50_000}

_start = time.monotonic()


def say(text: str) -> None:
    """Print a line of progress."""
    minutes, seconds = divmod(int(time.monotonic() - _start), 60)
    print(f"{minutes:3}:{seconds:02}  {text}", flush=True)


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    top = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split("\n", 1)[0])
    top.add_argument("--quick", action="store_true", help="about three minutes: fewer items and comparisons")
    top.add_argument("--items", type=int, help="how many items (1,000,000; quick: 50,000)")
    top.add_argument("--peers", help="only these, by the folders in bench/peers, separated by commas; none: only us")
    top.add_argument("--report", type=Path, default=REPORT, help="the folder to write (bench/report)")
    return top


def main() -> int:
    """Measure, and return the exit status."""
    chosen = parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if shutil.which("wrk") is None:
        print(str(WrkIsMissingError("wrk is not on PATH: sudo apt-get install wrk")), file=sys.stderr)
        return 1
    known = {each.folder: each for each in peer_servers.PEERS}
    names = list(known) if chosen.peers is None else [name for name in chosen.peers.split(",") if name]
    if unknown := sorted({*names} - {*known}):
        print(f"there is no peer {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 1
    layout = Layout(HOME)
    SHARED_TOOLS.mkdir(exist_ok=True)
    try:
        with exclusive(SHARED_TOOLS, "bench"):
            results = run(layout, chosen.items or ITEMS[chosen.quick], [known[name] for name in names], chosen.quick)
    except (StackError, RefusedError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: nothing is left behind", file=sys.stderr)
        return 130
    written = report.write(results, chosen.report)
    say(f"written: {written}")
    return 0


def run(layout: Layout, items: int, chosen: list[peer_servers.Peer], quick: bool) -> Results:
    """Raise the system, measure, take it down and remove its data; return what was measured."""
    extent = QUICK if quick else FULL
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        fetching = stack.enter_context(ThreadPoolExecutor(1)).submit(peer_servers.install) if chosen else None
        _clean(layout)
        stack.callback(_clean, layout)
        say("a system of its own is raised" + (", and what the peers need is fetched" if chosen else ""))
        chosen_settings = {"TRIPTYCH_HOME": str(layout.home), "TRIPTYCH_PORT": str(ports.free_base()), **SETTINGS}
        with contextlib.redirect_stdout(io.StringIO()):
            up(load(ROOT, {**os.environ, **chosen_settings}))
        told = environment.told(layout)
        os.environ.update({name: told[name] for name in ("TRIPTYCH_ADMIN_USER", "TRIPTYCH_ADMIN_PASSWORD")})
        say(f"{items:,} items are generated")
        _seed(layout, items)
        connection = psycopg.connect(told["TRIPTYCH_SUPERUSER_DATABASE_URL"], autocommit=True)
        stack.callback(connection.close)
        connection.execute("VACUUM (ANALYZE) items")
        connection.execute("CHECKPOINT")
        scene = workloads.look(connection, items)
        missing = fetching.result() if fetching else {}

        ours = servers.triptych(layout)
        client = stack.enter_context(HttpClient(told["TRIPTYCH_URL"]))
        left_out = {each.name: "left out on request" for each in peer_servers.PEERS if each not in chosen}
        results = Results(run_description.describe(items, extent, connection, quick), missing=left_out)
        measuring = Measuring(
            told, scene, connection, list(ours["gateway"].groups["postgres"]), Bearer(client), extent, folder, results
        )
        say("Triptych beside what is possible")
        with compared_pairs.own(layout, ours, quick) as comparisons:
            for each in measuring.compare(comparisons, say):
                say(f"  {report.line(each)}")
            measuring.latency(ours["gateway"])
        for number, which in enumerate(chosen, 1):
            say(f"Triptych beside {which.name} ({number} of {len(chosen)})")
            if which.kind in missing:
                results.missing[which.name] = f"not installed: {missing[which.kind]}"
            else:
                _peer(which, layout, ours, scene, told, measuring, quick)
            if which.name in results.missing:
                say(f"  {results.missing[which.name]}")
        return results


def _peer(
    which: peer_servers.Peer, layout: Layout, ours: dict[str, servers.Target], scene: workloads.Scene,
    told: dict[str, str], measuring: Measuring, quick: bool,
) -> None:  # fmt: skip
    try:
        with compared_pairs.against(which, layout, ours, scene, told["TRIPTYCH_DATABASE_URL"], quick) as (
            comparisons,
            timed,
        ):
            for each in measuring.compare(comparisons, say):
                say(f"  {report.line(each)}")
            for target in timed:
                measuring.latency(target)
    except (RuntimeError, AssertionError, OSError, compared_pairs.DifferentError, RefusedError) as error:
        # one that does not work is a line in the report, not the end of it
        measuring.results.missing[which.name] = f"not measured: {error}"


def _seed(layout: Layout, items: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stack", "exec", "admin-django", "python", "manage.py", "seed", "--count", str(items)],
        cwd=ROOT, env={**os.environ, "TRIPTYCH_HOME": str(layout.home)}, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise StackError(f"the items could not be generated: {done.stderr}")


def _clean(layout: Layout) -> None:
    """Take down what runs there, and remove its data."""
    if layout.home.exists():
        with contextlib.redirect_stdout(io.StringIO()):
            down(layout)
            remove(layout)
        shutil.rmtree(layout.home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
