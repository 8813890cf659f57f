"""What happens to a system while its history is written, and what was written."""

import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from tests.histories.judging import State


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


def written(url: str, items: range) -> dict[int, list[State]]:
    """Return all states that were committed, in order: what is deleted was of the version before."""
    states: dict[int, list[State]] = defaultdict(list)
    with psycopg.connect(url) as connection:
        rows: list[Any] = connection.execute(
            "SELECT item_id, version, op = 'D' FROM item_history WHERE item_id BETWEEN %s AND %s ORDER BY 1, 2, 3",
            [items[0], items[-1]],
        ).fetchall()
    for item, version, gone in rows:
        states[item].append(State(version, gone))
    return states
