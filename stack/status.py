"""`status`: what runs, since when, how often it had to be restarted, and how much memory it takes."""

import json
import re
import sys
import time
from dataclasses import asdict, dataclass

import psutil

from stack import orphans, run_state
from stack.layout import Layout
from stack.supervision import NAMES, State, Supervisor

NOTHING_RUNS = 3  # the exit status that init scripts give for this


@dataclass(frozen=True)
class Row:
    """One process with its children; `pss_bytes` is its share of the memory, shared pages divided by their users."""

    name: str
    state: str
    pid: int | None
    port: int | None
    uptime_s: float | None
    restarts: int
    pss_bytes: int
    pids: list[int]


def status(layout: Layout, *, as_json: bool) -> int:
    """Print the status and return the exit status."""
    found = run_state.noted(layout)
    supervisor = Supervisor(layout)
    states = supervisor.states()
    if not states or found is None:
        left = orphans.find(layout)
        if as_json:
            print(json.dumps({"processes": [], "url": None, "urls": {}}))
        else:
            print(f"Nothing runs in {layout.home} (make up).")
        if left:
            found_left = f"{len(left)} processes of a stack without supervisord are left"
            print(f"{found_left}: make up and make down end them.", file=sys.stderr)
        return NOTHING_RUNS
    restarts = _restarts(layout)
    rows = [_row(states[name], found, restarts.get(name, 0)) for name in NAMES if name in states]
    rows.append(_supervisord(supervisor.pid()))
    if as_json:
        print(json.dumps({"processes": [asdict(row) for row in rows], "url": found.url, "urls": found.urls}, indent=1))
    else:
        _print(rows, found)
    return 0


def _row(state: State, found: run_state.RunState, restarts: int) -> Row:
    family = _family(state.pid)
    return Row(
        name=state.name,
        state=_state(state, found),
        pid=state.pid,
        port=found.ports.get(state.name),
        uptime_s=round(time.time() - family[0].create_time(), 1) if family else None,
        restarts=restarts,
        pss_bytes=sum(map(_pss, family)),
        pids=[process.pid for process in family],
    )


def _supervisord(pid: int | None) -> Row:
    """Return supervisord's row, without its children, which have rows of their own."""
    family = _family(pid)[:1]
    uptime = round(time.time() - family[0].create_time(), 1) if family else None
    return Row("supervisord", "running", pid, None, uptime, 0, sum(map(_pss, family)), [each.pid for each in family])


def _state(state: State, found: run_state.RunState) -> str:
    """Return supervisord's word in lower case; `ready` for a process that answers its readiness check."""
    if state.name in found.urls and state.pid and run_state.ready(found.urls[state.name]):
        return "ready"
    return state.state.lower()


def _family(pid: int | None) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid) if pid else None
        return [] if process is None else [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except AttributeError:  # not Linux: the resident size, shared pages counted in full
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _restarts(layout: Layout) -> dict[str, int]:
    """Count how often each process was started again since supervisord was."""
    text = "".join(
        path.read_text(errors="replace")
        for path in (layout.logs / "supervisord.log.1", layout.logs / "supervisord.log")
        if path.exists()
    )
    names = re.findall(r"spawned: '([\w-]+)'", text.rpartition("supervisord started with pid")[2])
    return {name: names.count(name) - 1 for name in set(names)}


def _print(rows: list[Row], found: run_state.RunState) -> None:
    line = "{:<14} {:<9} {:>8} {:>6} {:>9} {:>9} {:>10}"
    print(line.format("process", "state", "pid", "port", "uptime", "restarts", "memory"))
    for row in rows:
        uptime = "-" if row.uptime_s is None else _duration(row.uptime_s)
        print(
            line.format(
                row.name, row.state, row.pid or "-", row.port or "-", uptime, row.restarts, _megabytes(row.pss_bytes)
            )
        )
    total = sum(row.pss_bytes for row in rows)
    print(line.format("total", "", "", "", "", sum(row.restarts for row in rows), _megabytes(total)))
    print(f"\n{found.url.replace('127.0.0.1', 'localhost')}/")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def _megabytes(count: int) -> str:
    return f"{count / 2**20:.1f} MB"
