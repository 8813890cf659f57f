"""A service that reads from standbys, and what a test wants to know of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.replicas.cluster import Server
from tests.running import Service, eventually, running

NO_CACHE = [("Cache-Control", "no-cache")]
_ASKED = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'api-fastapi' AND query LIKE '%BIGINT[]%'"


@dataclass(frozen=True)
class Scene:
    """A running service, its primary, and items that nobody else knows."""

    service: Service
    primary: Server
    standbys: list[Server]
    item: int

    def write(self, name: str) -> None:
        """Give the item another name, wherever the primary is."""
        write(self.primary, self.item, name)

    def shown(self, *headers: tuple[str, str]) -> str:
        """Return the item's name as the service shows it, or the status of its answer."""
        answer = self.service.ask(f"/api/items/{self.item}/", headers=list(headers))
        return str(answer.json()["name"]) if answer.status == 200 else str(answer.status)

    def reads_from(self, *servers: Server) -> Server:
        """Wait until plain reads go to one of these servers; return it."""

        def found() -> Server | None:
            # of an item that is not there: never from the cache
            assert self.service.ask("/api/items/9223372036854775807/").status in (404, 503)
            # a standby that is not asked any more has no connection left; the primary always may have
            asked = [standby for standby in self.standbys if standby.runs and standby.ask(_ASKED)] or [self.primary]
            return asked[0] if len(asked) == 1 and asked[0] in servers else None

        server = eventually(found)
        assert server is not None
        return server


def write(primary: Server, item: int, name: str) -> None:
    """Give an item another name."""
    with psycopg.connect(primary.url("TRIPTYCH_DATABASE_URL"), autocommit=True) as writer:
        writer.execute("UPDATE items SET name = %s WHERE id = %s", [name, item])


def url(variable: str, *servers: Server, more: str = "") -> str:
    """Return the URL of several servers for the role of a variable."""
    parts = conninfo_to_dict(os.environ[variable])
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return f"postgresql://{parts['user']}:{parts['password']}@{hosts}/{parts['dbname']}{more}"


@contextmanager
def scene(primaries: list[Server], standbys: list[Server], **settings: str) -> Iterator[Scene]:
    """Run the service; the first of `primaries` is one now."""
    role = "TRIPTYCH_API_FASTAPI_DATABASE_URL"
    with psycopg.connect(primaries[0].url("TRIPTYCH_DATABASE_URL"), autocommit=True) as writer:
        row = writer.execute("INSERT INTO items (name, description, price) VALUES ('first', '', 1) RETURNING id")
        item = int((row.fetchone() or [0])[0])
    with running(
        url(role, *primaries, more="?target_session_attrs=read-write"),
        READ_DATABASE_URL=url(role, *standbys),
        **{"CACHE_MEMORY_MB": "8", "DATABASE_STATEMENT_TIMEOUT_MS": "1000", **settings},
    ) as service:
        eventually(lambda: service.ask("/readyz").status == 200)
        yield Scene(service, primaries[0], standbys, item)
