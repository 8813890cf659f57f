"""Work that goes on in threads while a block runs."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Threads:
    """While it is entered, each function runs in a thread of its own; it returns soon after `over` is set."""

    def __init__(self, *work: Callable[[], None]) -> None:
        self.over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=[each], daemon=True) for each in work]
        self._broke: list[Exception] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if self._broke and error is None:
            raise self._broke[0]

    def end(self) -> None:
        """Set `over`, and return when every thread has ended."""
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self._broke.append(error)
