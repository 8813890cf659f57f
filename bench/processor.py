"""Processor time, as the kernel counts it for each thread, in nanoseconds: /proc/PID/task/*/schedstat (Linux)."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil


class Clock:
    """What groups of processes, with their children, spend between a start and an end."""

    def __init__(self, groups: Mapping[str, Iterable[int]]) -> None:
        """Watch groups, each named by the processes at the top of it."""
        self._groups = {name: list(pids) for name, pids in groups.items()}
        self._start = self._spent()
        self._machine = _machine()

    def _spent(self) -> dict[str, dict[int, float]]:
        return {name: _threads(pids) for name, pids in self._groups.items()}

    def stop(self, generator: float) -> tuple[dict[str, float], float]:
        """Return the seconds of each group, and the share of the machine that all others had.

        `generator` are the seconds of what made the load, which is no longer there to be asked.
        """
        busy, total = _machine()
        end = self._spent()
        spent = {
            name: sum(seconds - self._start[name].get(thread, 0.0) for thread, seconds in threads.items())
            for name, threads in end.items()
        }
        capacity = (total - self._machine[1]) or 1.0
        ours = sum(spent.values()) + generator
        return spent, max(0.0, (busy - self._machine[0] - ours) / capacity)


def _threads(pids: Iterable[int]) -> dict[int, float]:
    """Return the seconds that each thread of these processes and their children has had."""
    found: dict[int, float] = {}
    for pid in pids:
        processes = [pid]
        with suppress(psutil.NoSuchProcess):
            processes += [child.pid for child in psutil.Process(pid).children(recursive=True)]
        for each in processes:
            # a thread may end while it is looked at
            with suppress(OSError, ValueError):
                for task in Path(f"/proc/{each}/task").iterdir():
                    with suppress(OSError, ValueError):
                        found[int(task.name)] = int((task / "schedstat").read_text().split()[0]) / 1e9
    return found


def _machine() -> tuple[float, float]:
    """Return the seconds that all processors have been busy, and busy or idle."""
    numbers = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    tick = os.sysconf("SC_CLK_TCK")
    return (sum(numbers) - numbers[3] - numbers[4]) / tick, sum(numbers) / tick
