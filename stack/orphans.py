"""Orphans: what outlives a supervisord that was killed. They are found by recorded pid and by a mark, and ended."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterable

import psutil

from stack.errors import StackError
from stack.exec_wrapper import alive, gone, recorded_group
from stack.layout import Layout
from stack.supervision import NAMES
from stack.topology import MARKER

ROUNDS = 5  # a process that is ended may just have started another one


def find(layout: Layout) -> list[psutil.Process]:
    """Return the processes of this stack that are alive, supervisord included."""
    found = {process.pid: process for process in psutil.process_iter() if _marked(process, str(layout.home))}
    for name in NAMES:
        # nginx overwrites its environment, the mark included; its process group is recorded.
        found |= {process.pid: process for process in recorded_group(layout.run, name)}
    for process in list(found.values()):
        try:
            found |= {child.pid: child for child in process.children(recursive=True)}
        except psutil.NoSuchProcess:
            continue
    found.pop(os.getpid(), None)
    return [process for process in found.values() if alive(process)]


def end(layout: Layout) -> int:
    """End what is alive of this stack, postgres last; remove its sockets and the gateway's cache; return the number."""
    count = 0
    for _ in range(ROUNDS):
        left = find(layout)
        if not left:
            break
        count += len(left)
        servers = [process for process in left if _name(process) == "postgres"]
        _end([process for process in left if process not in servers], signal.SIGTERM, 5)
        # The postmaster ends its children itself; SIGINT is the fast shutdown.
        masters = [process for process in servers if _parent(process) not in {each.pid for each in servers}]
        _end(masters, signal.SIGINT, 30)
    else:
        raise StackError(f"{', '.join(str(each.pid) for each in find(layout))}: these processes cannot be ended.")
    shutil.rmtree(layout.short, ignore_errors=True)
    shutil.rmtree(layout.kept_answers, ignore_errors=True)
    shutil.rmtree(layout.run, ignore_errors=True)
    shutil.rmtree(layout.postgres.resolve() / "socket", ignore_errors=True)
    return count


def _end(processes: Iterable[psutil.Process], first: signal.Signals, timeout: float) -> None:
    left = list(processes)
    for signal_, patience in ((first, timeout), (signal.SIGKILL, 5)):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal_)
        left = gone(left, patience)


def _marked(process: psutil.Process, home: str) -> bool:
    try:
        return process.environ().get(MARKER) == home
    except (psutil.Error, OSError):
        return False  # another user's, or just ended


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return ""


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.Error:
        return None
