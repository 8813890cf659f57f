"""Responses by request target, bounded in bytes."""

import sys
from collections import OrderedDict

from api_fastapi.cache.encoded_response import EncodedResponse

# What an entry takes in memory beside its strings: itself, and its place in the dictionary. A test measures it.
_OVERHEAD = 300


class ClockCache:
    """Keeps what was used since it last came up for eviction (the CLOCK algorithm: a hit only sets a flag)."""

    def __init__(self, memory: int) -> None:
        """Take up to `memory` bytes."""
        self._memory = memory
        self._entries: OrderedDict[bytes, EncodedResponse] = OrderedDict()
        self.get = self._entries.get
        self.used = 0

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, target: bytes, response: EncodedResponse) -> None:
        """Keep a response, unless it alone would push out much of the rest; drop others until it fits."""
        self.drop(target)
        size = _size(target, response)
        if size > self._memory // 4:
            return
        self._entries[target] = response
        self.used += size
        while self.used > self._memory:
            oldest, entry = self._entries.popitem(last=False)
            if entry.used:
                entry.used = False
                self._entries[oldest] = entry
            else:
                self.used -= _size(oldest, entry)

    def drop(self, target: bytes) -> None:
        """Forget a response, if it is there."""
        response = self._entries.pop(target, None)
        if response is not None:
            self.used -= _size(target, response)

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
        self.used = 0


def _size(target: bytes, response: EncodedResponse) -> int:
    return sys.getsizeof(target) + sys.getsizeof(response.head) + sys.getsizeof(response.body) + _OVERHEAD
