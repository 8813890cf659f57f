"""wrk, one window at a time, with the processor time that the server under it took."""

import re
import shutil
import subprocess
from dataclasses import dataclass

import psutil


class WrkIsMissingError(Exception):
    """wrk is not on PATH; the message says how to install it."""


@dataclass(frozen=True)
class Window:
    """What one window came to: answers a second, and the server's microseconds of processor time for each."""

    rate: float
    microseconds: float


def wrk(url: str, server: psutil.Process, seconds: int, connections: int = 32, headers: tuple[str, ...] = ()) -> Window:
    """Read `url` for so long with one thread of wrk; `server` is counted with its children.

    Raises WrkIsMissingError, and ValueError when an answer was not 200.
    """
    program = shutil.which("wrk")
    if program is None:
        raise WrkIsMissingError("wrk is not on PATH: install it (Debian, Ubuntu: apt-get install wrk)")
    command = [program, "-t1", f"-c{connections}", f"-d{seconds}s", *(f"-H{header}" for header in headers), url]
    before = _processor_seconds(server)
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 30).stdout
    spent = _processor_seconds(server) - before
    counted = re.search(r"(\d+) requests in ([\d.]+)(m?s)", said)
    if counted is None or "Non-2xx" in said or "Socket errors" in said:
        raise ValueError(f"{url} was not answered as it should be:\n{said}")
    requests, lasted = int(counted[1]), float(counted[2]) / (1000 if counted[3] == "ms" else 1)
    return Window(requests / lasted, spent / requests * 1e6)


def _processor_seconds(server: psutil.Process) -> float:
    times = [process.cpu_times() for process in (server, *server.children(recursive=True))]
    return sum(float(each.user + each.system) for each in times)
