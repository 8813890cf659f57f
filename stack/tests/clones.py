"""A checkout of one's own, in which `make` is typed as on the day it was cloned."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack import nginx, ports
from stack.layout import ROOT

PATIENCE = 300  # seconds, beside others that work


@dataclass(frozen=True)
class Clone:
    """The source tree in `folder`; its system, when there is one, is below it."""

    folder: Path
    port: int

    @classmethod
    def make_in(cls, folder: Path) -> "Clone":
        """Return a copy of this tree as it is now, without what it has made."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        return cls(folder, ports.free_base())

    @contextmanager
    def making(self, target: str, **more: str) -> Iterator["Making"]:
        """Begin `make TARGET` and be sure that it is over in the end."""
        # nginx is not what is installed here: where the system has none, the one that these tests run with is found.
        path = os.pathsep.join([os.environ["PATH"], str(nginx.folder())])
        own = {"TRIPTYCH_HOME": "", "TRIPTYCH_PORT": str(self.port), "TRIPTYCH_ADMIN_PASSWORD": "", "PATH": path}
        output = self.folder / "make.log"
        with output.open("w") as file:
            process = subprocess.Popen(
                ["make", target], cwd=self.folder, env={**os.environ, **own, **more}, stdin=subprocess.DEVNULL,
                stdout=file, stderr=file, start_new_session=True,
            )  # fmt: skip
        try:
            yield Making(process, output)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def make(self, target: str, **more: str) -> str:
        """Return what `make TARGET` said, which has to succeed."""
        with self.making(target, **more) as making:
            status = making.process.wait(PATIENCE)
            assert status == 0, making.said
            return making.said


@dataclass(frozen=True)
class Making:
    """A `make` that is at work."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def interrupt_at(self, point: str, how: signal.Signals) -> None:
        """Interrupt it and all that belongs to it at a point: a file that is there, or `says: …`, or `FILE says: …`."""
        deadline = time.monotonic() + PATIENCE
        place, says, words = point.rpartition("says: ")
        while not self._reached(place.strip(), words, looks_into=bool(says)):
            assert self.process.poll() is None, f"it ended before {point}:\n{self.said}"
            assert time.monotonic() < deadline, f"it did not come to {point}:\n{self.said}"
            time.sleep(0.005)
        os.killpg(self.process.pid, how)
        self.process.wait(PATIENCE)

    def _reached(self, place: str, words: str, *, looks_into: bool) -> bool:
        folder = self.output.parent
        if not looks_into:
            return any(folder.glob(words))
        file = folder / place if place else self.output
        return file.exists() and words in file.read_text(encoding="utf-8", errors="replace")
