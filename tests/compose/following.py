"""A client that follows all changes, and comes back with the last id it has whenever its stream ends."""

import http.client
import threading
from types import TracebackType
from typing import Self

from tests.stream import Stream

PAUSE = 0.2


class Following:
    """While it is entered, `told` gets the name of each item that the stream tells of."""

    def __init__(self, url: str) -> None:
        self.told: set[str] = set()
        self.resyncs = 0
        self.returns = 0
        self._url = url
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._stream = Stream(self._url, "").joined()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._stream.end()
        self._thread.join()

    def _follow(self) -> None:
        while not self._over.is_set():
            try:
                self._listen()
            except (EOFError, OSError, http.client.HTTPException):
                self._stream.close()
            while not self._over.wait(PAUSE) and not self._is_back():
                pass
        self._stream.close()

    def _listen(self) -> None:
        while True:
            kind, item = self._stream.event()
            if kind == "resync":
                self.resyncs += 1
            elif kind == "changed":
                self.told.add(item["name"])

    def _is_back(self) -> bool:
        try:
            stream = Stream(self._url, "", self._stream.last_id)
        except (OSError, http.client.HTTPException):
            return False
        if stream.status != 200:
            stream.close()
            return False
        self._stream = stream
        self.returns += 1
        return True
