"""What `up` prints while it works, and how it waits."""

import time
from collections.abc import Callable


class Clock:
    """Counts the seconds since it was made, and prints a line for each thing that is done."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.start

    def done(self, name: str, what: str) -> None:
        print(f"  {name:<14} {what:<12} {self.seconds:5.1f} s", flush=True)


def wait_for(
    names: list[str], is_ready: Callable[[str], bool], clock: Clock, timeout: float, why: Callable[[str], str]
) -> None:
    """Return when all of `names` are ready, printing each; raise TimeoutError, naming the others, after `timeout` s.

    `why` says what keeps one from being ready, as far as that is known.
    """
    waiting, deadline, said = list(names), time.monotonic() + timeout, time.monotonic()
    while waiting:
        for name in list(waiting):
            if is_ready(name):
                waiting.remove(name)
                clock.done(name, "ready")
        if waiting and time.monotonic() > deadline:
            raise TimeoutError(", ".join(waiting))
        if waiting and time.monotonic() > said + 5:
            said = time.monotonic()
            print(f"  … still waiting for {', '.join(name + why(name) for name in waiting)}", flush=True)
        if waiting:
            time.sleep(0.05)
