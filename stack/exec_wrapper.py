"""The exec wrapper of each process of supervisord: ends orphans of the last one, records the pid, becomes the command.

`python exec_wrapper.py RUN NAME`, with the command in RUN/NAME.json. It replaces itself, so it uses no
memory.
"""

import contextlib
import json
import os
import sys
import time
from pathlib import Path

import psutil


def record(run: Path, name: str) -> None:
    """Record this process; its process group has the same number, because supervisord makes it a group leader."""
    me = psutil.Process()
    (run / f"{name}.pid").write_text(json.dumps([me.pid, me.create_time()]), encoding="utf-8")


def recorded_group(run: Path, name: str) -> list[psutil.Process]:
    """Return the processes that are alive of the process group that was last recorded under this name."""
    try:
        leader, created = json.loads((run / f"{name}.pid").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    if created < psutil.boot_time() - 60:  # recorded before the system was last booted
        return []
    try:
        if abs(psutil.Process(leader).create_time() - created) > 2:
            return []  # the pid belongs to another process by now
    except psutil.NoSuchProcess:
        pass  # a leader that died leaves its group, and its number, to its children
    group = (each for each in psutil.process_iter() if _group(each.pid) == leader and each.pid != os.getpid())
    return [each for each in group if alive(each)]


def alive(process: psutil.Process) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def gone(processes: list[psutil.Process], timeout: float) -> list[psutil.Process]:
    """Wait until the processes are gone, `timeout` seconds at most, and return those that are not."""
    deadline = time.monotonic() + timeout
    while (left := [each for each in processes if alive(each)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def main() -> None:
    """Become the command of the process named by the arguments."""
    run, name = Path(sys.argv[1]), sys.argv[2]
    # After kill -9 of nginx's master its workers live on and keep the port; a new master could never bind it.
    left = recorded_group(run, name)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    gone(left, timeout=5)
    record(run, name)
    process = json.loads((run / f"{name}.json").read_text(encoding="utf-8"))
    os.chdir(process["folder"])
    os.environ.clear()
    os.environ.update(process["environment"])
    os.execvpe(process["command"][0], process["command"], process["environment"])


if __name__ == "__main__":
    main()
