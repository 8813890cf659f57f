"""`logs`: follows the logs of all processes in one stream, each line after its process's name."""

import os
import sys
import time
from pathlib import Path
from typing import BinaryIO

from stack.errors import StackError
from stack.layout import Layout
from stack.supervision import NAMES

SOURCES = (*NAMES, "bootstrap", "supervisord")
LAST = 20  # lines of each log that are shown before it is followed
LARGEST = 64 * 1024  # bytes of each log that are looked at for them
WIDTH = max(map(len, SOURCES))


class Followed:
    """A log file that is read as it grows, also past its rotation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BinaryIO | None = None
        self.rest = b""

    def last(self) -> list[bytes]:
        """Return the last lines of what is there already."""
        if self._open() and self.file:
            self.file.seek(max(0, os.fstat(self.file.fileno()).st_size - LARGEST))
        return self._read()[-LAST:]

    def new(self) -> list[bytes]:
        """Return the lines that were completed since the last call."""
        lines = self._read()
        return lines + self._read() if self._open() else lines

    def _open(self) -> bool:
        """Open the file that the path names now; say whether it is another one than before."""
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return False
        if self.file and os.fstat(self.file.fileno()).st_ino == there.st_ino and self.file.tell() <= there.st_size:
            return False
        if self.file:
            self.file.close()
        self.file = self.path.open("rb")
        return True

    def _read(self) -> list[bytes]:
        if self.file is None:
            return []
        *lines, self.rest = (self.rest + self.file.read()).split(b"\n")
        return lines


def logs(layout: Layout, service: str | None) -> None:
    """Print the logs of all processes, or of one, until interrupted. Raises StackError for an unknown name."""
    if service and service not in SOURCES:
        raise StackError(f"There is no `{service}`; SERVICE is one of {', '.join(SOURCES)}.")
    followed = {name: Followed(layout.logs / f"{name}.log") for name in ([service] if service else SOURCES)}
    for name, log in followed.items():
        _print(name, log.last())
    while True:
        for name, log in followed.items():
            _print(name, log.new())
        time.sleep(0.2)


def _print(name: str, lines: list[bytes]) -> None:
    for line in lines:
        print(f"{name:<{WIDTH}} | {line.decode(errors='replace')}")
    sys.stdout.flush()
