"""A connection to Postgres: libpq as psycopg wraps it, with one prepared statement under way at a time.

psycopg's cursors cost two to three times the round trip itself (`docs/decisions/0006-fast-path.md`).
"""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import error_from_result
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult
from triptych_shared.pulse import CONNECT_TIMEOUT, SUSPICIOUS
from triptych_shared.sqlstates import ATTEMPTS, NOT_MIGRATED, SAY_AGAIN

from api_fastapi.database.errors import DatabaseUnavailableError
from api_fastapi.database.failure_detector import FailureDetector
from api_fastapi.settings import Settings

# Connections to try until one leads to the wanted server, where a name stands for several.
_TRIES = 8
_SERVER = b"SELECT concat(inet_server_addr(), ' ', inet_server_port())"


@dataclass
class Endpoint:
    """Where connections go: a URL, or one of its hosts, and which server answers there."""

    url: str
    host: str | None = None
    port: str | None = None
    # Known once the feed is read there: from then on nothing else is asked than what the feed tells of.
    server_address: bytes | None = None
    failure_detector: FailureDetector = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.failure_detector = FailureDetector(self.conninfo)

    @classmethod
    def each_of(cls, url: str) -> list["Endpoint"]:
        """Return every host of a URL as an endpoint of its own."""
        parts = conninfo_to_dict(url)
        hosts = str(parts["host"]).split(",")
        ports = str(parts.get("port") or "").split(",")
        return [cls(url, host, port or "5432") for host, port in zip(hosts, ports * len(hosts), strict=False)]

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" if self.host else "the database"

    def conninfo(self) -> str:
        """Return all that a connection needs."""
        return make_conninfo(self.url, host=self.host, port=self.port) if self.host else self.url


class ConnectionLostError(Exception):
    """The connection has ended; the statement may be tried on another."""


class _OutOfDateError(Exception):
    """What the connection remembers of the schema, or saw of the data, is no longer so: it may be said again."""


class Connection:
    """One connection in autocommit."""

    def __init__(self, connection: psycopg.AsyncConnection[object], failure_detector: FailureDetector) -> None:
        """Take over an open connection to the server that `failure_detector` watches."""
        self.server_address = b""
        self._failure_detector = failure_detector
        self._connection = connection
        self._pg = connection.pgconn
        self._socket = self._pg.socket
        self._loop = asyncio.get_running_loop()
        self._prepared: set[bytes] = set()
        self._result: asyncio.Future[PGresult] | None = None
        self._last: PGresult | None = None
        self._until = 0.0
        self._loop.add_reader(self._socket, self._readable)
        self.lost = False

    @classmethod
    async def open(cls, settings: Settings, endpoint: Endpoint, plans: str) -> "Connection":
        """Connect for reads, with `plans` as plan_cache_mode and what may follow it.

        Where the server is known at an endpoint, no other will do. Raises DatabaseUnavailableError when that fails.
        """
        for _ in range(_TRIES):
            opened = await cls.open_any(settings, endpoint, plans)
            if endpoint.server_address is None or opened.server_address == endpoint.server_address:
                return opened
            opened.close()
        raise DatabaseUnavailableError("another database answers")

    @classmethod
    async def open_any(
        cls, settings: Settings, endpoint: Endpoint, plans: str, name: str = "api-fastapi"
    ) -> "Connection":
        """Connect as `name` to whichever server answers; its `server_address` tells which that is."""
        connecting: Coroutine[Any, Any, psycopg.AsyncConnection[object]] = psycopg.AsyncConnection.connect(
            endpoint.conninfo(),
            autocommit=True,
            application_name=name,
            connect_timeout=CONNECT_TIMEOUT,
            options=f"-c statement_timeout={settings.database_statement_timeout_ms} -c plan_cache_mode={plans}",
        )
        try:
            connection = await endpoint.failure_detector.wait(connecting, CONNECT_TIMEOUT)
        except psycopg.Error as error:
            raise DatabaseUnavailableError("the database does not answer") from error
        opened = cls(connection, endpoint.failure_detector)
        try:
            opened.server_address = (await opened.run(b"server", _SERVER, [], CONNECT_TIMEOUT)).get_value(0, 0) or b""
        except ConnectionLostError as error:
            raise DatabaseUnavailableError("the database does not answer") from error
        return opened

    async def run(self, name: bytes, statement: bytes, values: Sequence[bytes | None], deadline: float) -> PGresult:
        """Run a statement, prepared under `name` on its first use, and return its rows.

        Raises ConnectionLostError when the connection ends meanwhile, DatabaseUnavailableError after `deadline` seconds
        and when the database refuses for now, and psycopg's error for what is our own mistake.
        """
        self._until = self._loop.time() + deadline
        self._alarm = self._loop.call_later(min(SUSPICIOUS, deadline), self._late)
        try:
            for _ in range(ATTEMPTS - 1):
                try:
                    return await self._run(name, statement, values)
                except _OutOfDateError:
                    self._pg.send_query(b"DISCARD ALL")
                    _check(await self._answer())
                    self._prepared.clear()
            return await self._run(name, statement, values)
        except psycopg.errors.QueryCanceled as error:
            raise self._failure_detector.too_slow() from error
        except _OutOfDateError as error:
            raise DatabaseUnavailableError("the schema is being changed") from error.__cause__
        except (psycopg.OperationalError, ConnectionLostError) as error:
            self.close()
            raise ConnectionLostError from error
        except asyncio.CancelledError:
            self.close()  # its answer would be taken for the next one's
            raise
        finally:
            self._alarm.cancel()

    async def _run(self, name: bytes, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        if name not in self._prepared:
            self._pg.send_prepare(name, statement)
            _check(await self._answer())
            self._prepared.add(name)
        self._pg.send_query_prepared(name, values)
        return _check(await self._answer())

    def close(self, reason: Exception | None = None) -> None:
        """End the connection at once, and what is under way with `reason`."""
        if self.lost:
            return
        self.lost = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._pg.finish()
        if self._result is not None and not self._result.done():
            self._result.set_exception(reason or ConnectionLostError())

    def _answer(self) -> asyncio.Future[PGresult]:
        self._result = self._loop.create_future()
        self._flush()
        return self._result

    def _flush(self) -> None:
        """Hand libpq's bytes to the socket; a statement nearly always fits at once."""
        if self._pg.flush():
            self._loop.add_writer(self._socket, self._writable)

    def _writable(self) -> None:
        with suppress(psycopg.OperationalError):  # reading will tell
            if not self._pg.flush():
                self._loop.remove_writer(self._socket)

    def _readable(self) -> None:
        try:
            self._pg.consume_input()
        except psycopg.OperationalError:
            return self.close()
        while not self._pg.is_busy():
            result = self._pg.get_result()
            if result is not None:
                self._last = result
                continue
            if self._result is not None and not self._result.done() and self._last is not None:
                self._failure_detector.heard = self._loop.time()
                self._result.set_result(self._last)
            self._last = None
            return None
        return None

    def _late(self) -> None:
        """Have the server looked at that has not answered yet, and wait on."""
        left = self._until - self._loop.time()
        if left <= 0:
            self.close(self._failure_detector.busy("the database does not answer in time"))
            return
        self._alarm = self._loop.call_later(left, self._late)
        self._failure_detector.suspect(lambda: self.close(DatabaseUnavailableError("the database is silent")))


def _check(result: PGresult) -> PGresult:
    if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        return result
    code = result.error_field(DiagnosticField.SQLSTATE) or b""
    error = error_from_result(result)
    if code.decode() in NOT_MIGRATED:
        raise DatabaseUnavailableError("the database is not migrated") from error
    if code.decode() in SAY_AGAIN:
        raise _OutOfDateError from error
    if isinstance(error, psycopg.errors.QueryCanceled):
        raise error
    if code.startswith((b"57P", b"08")):
        raise ConnectionLostError from error  # shut down by an administrator, a crash of another connection
    if isinstance(error, psycopg.OperationalError):
        raise DatabaseUnavailableError("the database does not answer") from error  # no memory, no disk
    raise error
