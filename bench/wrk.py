"""wrk, one window at a time: what was asked, how much was answered, and what processor time it took.

wrk is closed-loop, so its own latencies hide the requests that it did not send while it waited; `latency` measures
those. A window may be shorter than wrk's whole seconds: SIGINT ends it, and wrk still counts.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.api_styles import Change
from bench.processor import Clock

SCRIPT = Path(__file__).with_name("requests.lua")


class WrkIsMissingError(Exception):
    """wrk is not on PATH; the message says how to install it."""


class RefusedError(Exception):
    """A server did not answer as it should; the message has what wrk said."""


@dataclass(frozen=True)
class Window:
    """What one window came to. `processor` has seconds by group, `generator` among them; `others` a share (0 to 1)."""

    seconds: float
    requests: int
    processor: dict[str, float]
    others: float
    writes: int = 0  # by SQL, meanwhile
    staleness: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return (self.requests + self.writes) / self.seconds

    @property
    def microseconds(self) -> float:
        """Processor time per request of everything but the generator."""
        spent = sum(seconds for name, seconds in self.processor.items() if name != "generator")
        return spent / max(1, self.requests + self.writes) * 1e6


@dataclass(frozen=True)
class Asked:
    """The requests of a window: `reads` are targets to choose from, `{id}` in them is up to `largest`."""

    reads: list[str]
    largest: int
    skew: float = 0.0
    connections: int = 32
    change: Change | None = None
    share: float = 0.0

    def write(self, path: Path, port: int) -> None:
        """Write the table that requests.lua reads."""
        reads = ",\n".join(self._read(target, port) for target in self.reads)
        more = ""
        if self.change:
            headers = ",".join(f"[{_lua(name)}]={_lua(text)}" for name, text in self.change.headers.items())
            more = (
                f"share={self.share}, write={{method={_lua(self.change.method)}, path={_lua(self.change.path)}, "
                f"body={_lua(self.change.body)}, headers={{{headers}}}}}, "
            )
        content = f"return {{largest={self.largest}, skew={self.skew}, {more}reads={{\n{reads}\n}}}}\n"
        path.write_text(content, encoding="ascii")

    def _read(self, target: str, port: int) -> str:
        parts = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".split("{id}")
        return "{" + ",".join(_lua(part) for part in parts) + "}"


def wrk(port: int, asked: Asked, seconds: float, groups: Mapping[str, list[int]], folder: Path) -> Window:
    """Load the server for so long with one thread of wrk. Raises WrkIsMissingError, RefusedError for any failure."""
    program = shutil.which("wrk")
    if program is None:
        raise WrkIsMissingError("wrk is not on PATH: install it (Debian, Ubuntu: sudo apt-get install wrk)")
    table = folder / f"requests-{port}.lua"
    asked.write(table, port)
    seed = str(random.randrange(2**31))
    command = [program, "-t1", f"-c{asked.connections}", "-d600s", "--timeout", "10s", "-s", str(SCRIPT)]
    clock = Clock(groups)
    process = subprocess.Popen(
        [*command, f"http://127.0.0.1:{port}", str(table), seed], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    stop = threading.Timer(seconds, process.send_signal, [signal.SIGINT])
    stop.start()
    try:
        assert process.stdout is not None
        said = process.stdout.read().decode(errors="replace")
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    finally:
        stop.cancel()
        process.stdout.close() if process.stdout else None
        table.unlink(missing_ok=True)
    generator = usage.ru_utime + usage.ru_stime
    spent, others = clock.stop(generator)
    return _window(said, {**spent, "generator": generator}, others)


def _window(said: str, processor: dict[str, float], others: float) -> Window:
    lines = [line.split() for line in said.splitlines() if line.startswith("window ")]
    if len(lines) != 1:
        raise RefusedError(f"wrk failed:\n{said}")
    requests, microseconds, refused, broken, late = (int(word) for word in lines[0][1:6])
    if refused or broken or late:
        raise RefusedError(f"of {requests} requests {refused} were refused, {broken} broke, {late} took 10 s")
    return Window(microseconds / 1e6, requests, processor, others)


def _lua(text: str) -> str:
    """Return a string as Lua writes it; of what is ASCII, JSON writes it the same way."""
    if not text.isascii():
        raise ValueError(f"{text!r} is not ASCII")
    return json.dumps(text)
