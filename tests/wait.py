"""Wait for a condition, with a deadline."""

import http.client
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 120.0  # seconds after which something that must come will not; nobody promises it by then
_PAUSE = threading.Event()


def until(condition: Callable[[], T | None], what: str, within: float = PATIENCE) -> T:
    """Return the first true result of `condition`, which is asked again and again for `within` seconds.

    A number of seconds is for what is promised by then: everything else takes as long as a busy machine needs.
    A broken connection counts as "not yet". Raises AssertionError, naming `what` was awaited, when the time is over.
    """
    deadline = time.monotonic() + within
    last: object = None
    while True:
        try:
            result = condition()
            if result:
                return result
            last = result
        except (OSError, http.client.HTTPException) as error:
            last = error
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {within} s: {what}; last seen: {last!r}")
        _PAUSE.wait(0.02)
