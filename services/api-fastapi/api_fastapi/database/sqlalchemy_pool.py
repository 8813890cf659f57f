"""A pool of connections for the statements that SQLAlchemy runs, and what happens when the database is away."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import QueryCanceled
from sqlalchemy import URL, ExceptionContext, Row, Select, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.util.concurrency import greenlet_spawn
from triptych_shared.pulse import CONNECT_TIMEOUT
from triptych_shared.sqlstates import ATTEMPTS, NOT_MIGRATED, SAY_AGAIN

from api_fastapi.database.errors import DatabaseUnavailableError
from api_fastapi.database.libpq_connection import Endpoint
from api_fastapi.database.libpq_pool import GRACE
from api_fastapi.settings import Settings

logger = logging.getLogger(__name__)

# Seconds that a request waits for a free connection.
_POOL_TIMEOUT = 2


class SQLAlchemyPool:
    """A pool of connections with the role's own rights, in autocommit: every read is one round trip."""

    def __init__(self, settings: Settings, size: int, endpoint: Endpoint) -> None:
        """Prepare a pool of `size` connections to `endpoint`; none is opened before it is needed."""
        self._where: Callable[[], Endpoint] = lambda: endpoint
        self._deadline = settings.database_statement_timeout_ms / 1000 + GRACE
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
                "connect_timeout": CONNECT_TIMEOUT,
                "options": f"-c statement_timeout={settings.database_statement_timeout_ms}",
                "prepare_threshold": 0,  # prepare a statement when it is first run
            },
        )

        @event.listens_for(self._engine, "handle_error")
        def _out_of_date(context: ExceptionContext) -> None:
            # What the pool's connections have prepared holds no longer: all of them are made anew.
            if getattr(context.original_exception, "sqlstate", None) in SAY_AGAIN:
                context.is_disconnect = True

    def follow(self, where: Callable[[], Endpoint]) -> None:
        """Connect to the server that is the current primary, as `where` says, or stands in for it."""
        primary = self._where()
        self._where = where

        @event.listens_for(self._engine, "do_connect")
        def _connect(dialect: Any, record: Any, arguments: list[Any], parameters: dict[str, Any]) -> None:
            endpoint = record.info["endpoint"] = where()
            if endpoint is not primary:
                for part in conninfo_to_dict(primary.url):
                    parameters.pop(part, None)
                parameters.update(conninfo_to_dict(endpoint.url), **endpoint.parameters())

        @event.listens_for(self._engine, "checkout")
        def _check(connection: Any, record: Any, proxy: Any) -> None:
            if record.info["endpoint"] is not where():
                raise DisconnectionError("another server is the primary now")

    async def fetch(
        self, statement: Select[Any], values: Mapping[str, object], patience: float | None = None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """Return a read's rows; raise DatabaseUnavailableError when there is no answer in time.

        With `patience`, also after so many seconds in which the database answers nobody.
        """
        return await self._where().failure_detector.wait(self._read(statement, values), self._deadline, patience)

    async def _read(self, statement: Select[Any], values: Mapping[str, object]) -> Sequence[Row[*tuple[Any, ...]]]:
        attempt = 1
        while True:
            try:
                return await greenlet_spawn(self._execute, statement, values)
            except PoolTimeoutError as error:
                raise self._where().failure_detector.busy() from error
            except DBAPIError as error:
                if error.connection_invalidated and attempt < ATTEMPTS:
                    # The connection had died since its last use, as all do when Postgres restarts, or what it
                    # remembered of the schema is no longer so. The pool has dropped the others too now, and a read may
                    # be repeated: so the first request after that works, and no request pays for a ping.
                    attempt += 1
                    continue
                if isinstance(error.orig, QueryCanceled):
                    raise self._where().failure_detector.too_slow() from error
                unavailable = _unavailable(error)
                if unavailable is None:
                    raise
                raise unavailable from error

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


def _unavailable(error: DBAPIError) -> DatabaseUnavailableError | None:
    """Say why the database cannot answer now: away, starting or not migrated; None for a mistake of ours."""
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(error, OperationalError | InterfaceError) or state in SAY_AGAIN:
        return DatabaseUnavailableError("the database does not answer")
    if state in NOT_MIGRATED:
        return DatabaseUnavailableError("the database is not migrated")
    return None
