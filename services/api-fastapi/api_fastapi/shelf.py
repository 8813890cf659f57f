"""Answers by request target, bounded in bytes."""

import sys
from collections import OrderedDict

from api_fastapi.answers import Answer

# What an entry takes in memory beside its strings: itself, and its place in the dictionary. A test measures it.
_OVERHEAD = 300


class Shelf:
    """Keeps what was used since it last came up for eviction (the CLOCK algorithm: a hit only sets a flag)."""

    def __init__(self, memory: int) -> None:
        """Take up to `memory` bytes."""
        self._memory = memory
        self._entries: OrderedDict[bytes, Answer] = OrderedDict()
        self.get = self._entries.get
        self.used = 0

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, target: bytes, answer: Answer) -> None:
        """Keep an answer, unless it alone would push out much of the rest; drop others until it fits."""
        self.drop(target)
        size = _size(target, answer)
        if size > self._memory // 4:
            return
        self._entries[target] = answer
        self.used += size
        while self.used > self._memory:
            oldest, entry = self._entries.popitem(last=False)
            if entry.used:
                entry.used = False
                self._entries[oldest] = entry
            else:
                self.used -= _size(oldest, entry)

    def drop(self, target: bytes) -> None:
        """Forget an answer, if it is there."""
        answer = self._entries.pop(target, None)
        if answer is not None:
            self.used -= _size(target, answer)

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
        self.used = 0


def _size(target: bytes, answer: Answer) -> int:
    return sys.getsizeof(target) + sys.getsizeof(answer.head) + sys.getsizeof(answer.body) + _OVERHEAD
