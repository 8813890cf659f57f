"""Writers that do all that writers do to items, at random, and remember what was acknowledged."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import psycopg

from tests.histories.judging import State

Connection = psycopg.Connection[Any]


class Writer:
    """One connection, which changes `items` until it is told to stop."""

    def __init__(self, url: str, items: range, filler: range, category: str, seed: int, pause: float) -> None:
        self._thread = threading.Thread(target=self._write, daemon=True)
        self.acknowledged: dict[tuple[int, State], float] = {}
        self.commits = 0
        self._url, self._items, self._filler, self._category, self._pause = url, items, filler, category, pause
        self._random = random.Random(seed)
        self._over = threading.Event()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the transaction that is under way."""
        self._over.set()
        self._thread.join()

    def _write(self) -> None:
        """Write; where the connection is lost or a deadlock is broken, nobody knows, and the next begins anew."""
        deeds: list[tuple[int, Callable[[Connection], list[tuple[int, State]]]]] = [
            (40, self._update),
            (9, self._update_some_in_savepoints),
            (8, self._delete),
            (12, self._insert_or_update),
            (6, self._delete_and_make_again),
            (6, self._copy),
            (2, self._linger),
            (1, self._update_many),
        ]
        while not self._over.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, options="-c lock_timeout=2s") as connection:
                    while not self._over.is_set():
                        (deed,) = self._random.choices([deed for _, deed in deeds], [weight for weight, _ in deeds])
                        with connection.transaction(force_rollback=self._random.random() < 0.1) as transaction:
                            done = deed(connection)
                        if not transaction.force_rollback:
                            self._acknowledge(done)
                        self._over.wait(self._random.expovariate(1 / self._pause))
            except psycopg.Error:
                self._over.wait(0.05)

    def _acknowledge(self, done: list[tuple[int, State]]) -> None:
        now = time.monotonic()
        self.commits += 1
        for item, state in done:
            self.acknowledged[item, state] = now

    def _one(self) -> int:
        return self._random.choice(self._items)

    def _changed(self, connection: Connection, statement: str, values: list[Any]) -> list[tuple[int, State]]:
        rows = connection.execute(statement + " RETURNING id, version", values).fetchall()
        return [(item, State(version, statement.startswith("DELETE"))) for item, version in rows]

    def _update(self, connection: Connection) -> list[tuple[int, State]]:
        return self._changed(connection, "UPDATE items SET price = price + 0.01 WHERE id = %s", [self._one()])

    def _delete(self, connection: Connection) -> list[tuple[int, State]]:
        return self._changed(connection, "DELETE FROM items WHERE id = %s", [self._one()])

    def _insert_or_update(self, connection: Connection) -> list[tuple[int, State]]:
        return self._changed(
            connection,
            "INSERT INTO items (id, name, description, price, category) VALUES (%s, 'made', '', 1, %s)"
            " ON CONFLICT (id) DO UPDATE SET name = 'made again'",
            [self._one(), self._category],
        )

    def _delete_and_make_again(self, connection: Connection) -> list[tuple[int, State]]:
        item = self._one()
        connection.execute("DELETE FROM items WHERE id = %s", [item])
        return self._changed(
            connection,
            "INSERT INTO items (id, name, description, price, category) VALUES (%s, 'made', '', 1, %s)",
            [item, self._category],
        )

    def _update_some_in_savepoints(self, connection: Connection) -> list[tuple[int, State]]:
        done = []
        for item in sorted(self._random.sample(self._items, 3)):
            with connection.transaction(force_rollback=self._random.random() < 0.4) as savepoint:
                rows = self._changed(connection, "UPDATE items SET price = price + 0.01 WHERE id = %s", [item])
            if not savepoint.force_rollback:
                done += rows
        return done

    def _copy(self, connection: Connection) -> list[tuple[int, State]]:
        item = self._one()
        with connection.cursor() as cursor:
            if cursor.execute("SELECT FROM items WHERE id = %s", [item]).fetchone() is not None:
                return []
            with cursor.copy("COPY items (id, name, description, price, category) FROM STDIN") as copy:
                copy.write_row((item, "copied", "", "1.00", self._category))
        return self._changed(connection, "UPDATE items SET name = 'copied, changed' WHERE id = %s", [item])

    def _linger(self, connection: Connection) -> list[tuple[int, State]]:
        """Keep a transaction open while younger ones commit."""
        done = self._update(connection)
        self._over.wait(self._random.uniform(0.1, 0.8))
        return done

    def _update_many(self, connection: Connection) -> list[tuple[int, State]]:
        """Bring more changes at once than a poll goes through."""
        connection.execute("UPDATE items SET price = 2 WHERE id BETWEEN %s AND %s", [self._filler[0], self._filler[-1]])
        return self._update(connection)


def written(url: str, items: range) -> dict[int, list[State]]:
    """Return all states that were committed, in order: what is deleted was of the version before."""
    states: dict[int, list[State]] = defaultdict(list)
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT item_id, version, op = 'D' FROM item_history WHERE item_id BETWEEN %s AND %s ORDER BY 1, 2, 3",
            [items[0], items[-1]],
        ).fetchall()
    for item, version, gone in rows:
        states[item].append(State(version, gone))
    return states
