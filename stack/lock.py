"""One `up`, `down` or `test` at a time in one folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.errors import StackError


@contextmanager
def exclusive(folder: Path, verb: str) -> Iterator[None]:
    """Hold the folder's lock, which the system releases when the process ends. Raises StackError when it is held."""
    try:
        lock = (folder / "lock").open("a+")
    except OSError as error:
        raise StackError(f"{folder} cannot be written ({error.strerror}): is it another user's?") from error
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise StackError(
                f"`make {file.read().strip()}` is at work in {folder}: wait until it is done, or end it with Ctrl-C."
            ) from error
        file.truncate(0)
        print(verb, file=file, flush=True)
        yield
