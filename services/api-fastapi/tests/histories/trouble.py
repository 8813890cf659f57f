"""What happens to a system while its history is written."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg


@contextmanager
def trouble(*kinds: tuple[float, Callable[[], None]]) -> Iterator[None]:
    """Make each kind of trouble now and then, about so many seconds apart."""
    over = threading.Event()

    def make(apart: float, kind: Callable[[], None]) -> None:
        while not over.wait(random.uniform(0.5, 1.5) * apart):
            with suppress(psycopg.Error):
                kind()

    threads = [threading.Thread(target=make, args=kind) for kind in kinds]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
        connection.execute(statement)
