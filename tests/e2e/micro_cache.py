"""An item that a test reads through the gateway's micro-cache, and when a read is a hit."""

import secrets
import time

import psycopg

from tests.http_client import HttpClient, Reply
from tests.wait import until

FROM_CACHE = {"HIT", "UPDATING", "STALE"}
PROMISED = 3.0  # seconds
ONE_READ = 1.0  # of a service, on a busy machine: an answer may be so old when the gateway gets it


class Item:
    """An item of the test's own: its path, and the name that the database holds."""

    def __init__(self, database: psycopg.Connection) -> None:
        self._database = database
        self.name = f"Cached {secrets.token_hex(6)}"
        row = database.execute(
            "INSERT INTO items (name, description, price) VALUES (%s, '', 1) RETURNING id", (self.name,)
        ).fetchone()
        assert row is not None
        self.id = int(row[0])
        self.path = f"/api/items/{self.id}/"

    def rename(self) -> str:
        """Commit another name, behind the back of every cache, and return it."""
        self.name = f"Renamed {secrets.token_hex(6)}"
        self._database.execute("UPDATE items SET name = %s WHERE id = %s", (self.name, self.id))
        return self.name


def cached(gateway: HttpClient, target: str) -> Reply:
    """Read until the answer is a hit, and return it."""

    def hit() -> tuple[Reply, ...]:
        reply = gateway.get(target)
        assert reply.status == 200, str(reply)
        return (reply,) if reply.header("X-Cache") == "HIT" else ()

    return until(hit, within=10, what=f"{target} is in the cache")[0]


def let_pass(seconds: float, since: float) -> None:
    """Wait until so much time is over: that is the condition here."""
    until(lambda: time.monotonic() - since >= seconds, within=seconds + 1, what=f"{seconds} s are over")


def name_in(reply: Reply) -> str:
    assert reply.status == 200, str(reply)
    return str(reply.json()["name"])
