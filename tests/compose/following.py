"""A client that follows all changes, and comes back with the last id it has whenever its stream ends."""

import http.client
from typing import Self

from tests.stream import Stream
from tests.threads import Threads

PAUSE = 0.2


class Following(Threads):
    """While it is entered, `told` gets the name of each item that the stream tells of."""

    def __init__(self, url: str) -> None:
        super().__init__(self._follow)
        self.told: set[str] = set()
        self.resyncs = 0
        self.returns = 0
        self._url = url

    def __enter__(self) -> Self:
        self._stream = Stream(self._url, "").joined()
        return super().__enter__()

    def end(self) -> None:
        """Follow no more."""
        self.over.set()
        self._stream.end()
        super().end()

    def _follow(self) -> None:
        while not self.over.is_set():
            try:
                self._listen()
            except (EOFError, OSError, http.client.HTTPException):
                self._stream.close()
            while not self.over.wait(PAUSE) and not self._is_back():
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
        if stream.served_by != "api-fastapi":
            stream.close()
            return False
        self._stream = stream
        self.returns += 1
        return True
