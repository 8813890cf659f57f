"""One `up` or `down` at a time for each TRIPTYCH_HOME."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from stack.errors import StackError
from stack.layout import Layout


@contextmanager
def exclusive(layout: Layout) -> Iterator[None]:
    """Hold the home's lock, which the system takes back when the process ends. Raises StackError when it is held."""
    with (layout.home / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise StackError(
                f"Another `make {file.read().strip() or 'up'}` is at work in {layout.home}: wait until it is done, or "
                "end it with Ctrl-C."
            ) from error
        yield
