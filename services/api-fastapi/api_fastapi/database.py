"""The connection pool, and what happens when the database is away."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, Row, Select, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.util.concurrency import greenlet_spawn

from api_fastapi.settings import Settings
from api_fastapi.unavailable import DatabaseUnavailableError, is_undefined

if TYPE_CHECKING:
    from api_fastapi.nodes import Nodes

logger = logging.getLogger(__name__)

# Seconds: how long a request waits for a free connection, and for a new one to be made.
_POOL_TIMEOUT = 2
_CONNECT_TIMEOUT = 2


class Database:
    """A pool of connections with the role's own rights, in autocommit: every read is one round trip."""

    def __init__(self, settings: Settings, size: int) -> None:
        """Prepare a pool of `size` connections; none is opened before it is needed."""
        # the server bounds a statement; a server that is frozen or cut off is given up a second later
        self._deadline = settings.database_statement_timeout_ms / 1000 + 1
        # An engine over psycopg's async connections, awaited through `greenlet_spawn`: what `create_async_engine` does
        # too, but importing `sqlalchemy.ext.asyncio` brings the whole ORM, 6 MB in each worker that never uses it.
        self._engine = create_engine(
            _url(settings.database_url),
            isolation_level="AUTOCOMMIT",
            pool_size=size,
            max_overflow=0,
            pool_timeout=_POOL_TIMEOUT,
            pool_reset_on_return=None,  # a read in autocommit leaves nothing to roll back
            connect_args={
                "application_name": "api-fastapi",
                "connect_timeout": _CONNECT_TIMEOUT,
                "options": f"-c statement_timeout={settings.database_statement_timeout_ms}",
                "prepare_threshold": 0,  # prepare a statement when it is first run
            },
        )

    def follow(self, nodes: "Nodes") -> None:
        """Connect to the node that has the say now."""

        @event.listens_for(self._engine, "do_connect")
        def _connect(dialect: Any, record: Any, arguments: list[Any], parameters: dict[str, Any]) -> None:
            place = record.info["place"] = nodes.authority
            if place is not nodes.primary.place:
                for part in conninfo_to_dict(nodes.primary.place.url):
                    parameters.pop(part, None)
                parameters.update(conninfo_to_dict(place.url), **place.parameters())

        @event.listens_for(self._engine, "checkout")
        def _check(connection: Any, record: Any, proxy: Any) -> None:
            if record.info["place"] is not nodes.authority:
                raise DisconnectionError("another node has the say now")

    async def fetch(
        self, statement: Select[Any], values: Mapping[str, object], deadline: float | None = None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """Return a read's rows; raise DatabaseUnavailableError when there is no answer within `deadline` seconds."""
        reading = asyncio.create_task(self._read(statement, values))
        done, _ = await asyncio.wait({reading}, timeout=deadline or self._deadline)
        if not done:
            # Not awaited: against a frozen server the driver spends seconds on cancelling before it lets go.
            reading.add_done_callback(_retrieve)
            reading.cancel()
            raise DatabaseUnavailableError("the database does not answer in time")
        return reading.result()

    async def _read(self, statement: Select[Any], values: Mapping[str, object]) -> Sequence[Row[*tuple[Any, ...]]]:
        retried = False
        while True:
            try:
                return await greenlet_spawn(self._execute, statement, values)
            except PoolTimeoutError as error:
                raise DatabaseUnavailableError("all connections to the database are busy") from error
            except DBAPIError as error:
                if error.connection_invalidated and not retried:
                    # The connection had died since its last use, as all do when Postgres restarts. The pool has
                    # dropped the dead ones now, and a read may be repeated: so the first request after a restart
                    # works, and no request pays for a ping.
                    retried = True
                    continue
                reason = _reason(error)
                if reason is None:
                    raise
                raise DatabaseUnavailableError(reason) from error

    def _execute(self, statement: Select[Any], values: Mapping[str, object]) -> Sequence[Row[*tuple[Any, ...]]]:
        with self._engine.connect() as connection:
            return connection.execute(statement, values).all()

    async def close(self) -> None:
        """Close every connection."""
        await greenlet_spawn(self._engine.dispose)


def _url(url: str) -> URL:
    """Return a URL of libpq, which may name several hosts, as SQLAlchemy writes it."""
    parts = conninfo_to_dict(url)
    name, password, database = (str(parts.pop(part)) for part in ("user", "password", "dbname"))
    query = {key: str(value) for key, value in parts.items()}
    return URL.create("postgresql+psycopg_async", name, password, database=database, query=query)


def _reason(error: DBAPIError) -> str | None:
    """Say why the database cannot answer now: away, starting or not migrated; None for a mistake of ours."""
    if isinstance(error, OperationalError | InterfaceError):
        return "the database does not answer"
    if is_undefined(getattr(error.orig, "sqlstate", None)):
        return "the database is not migrated"
    return None


def _retrieve(reading: asyncio.Task[Any]) -> None:
    """Look at the end of an abandoned read, which asyncio would otherwise report as forgotten."""
    if not reading.cancelled():
        reading.exception()


async def _database(request: Request) -> Database:
    database: Database = request.state.database
    return database


DatabaseDependency = Annotated[Database, Depends(_database)]
