"""A connection of the fast lane: libpq as psycopg wraps it, with one prepared statement under way at a time.

psycopg's cursors cost two to three times the round trip itself (`docs/decisions/0006-fast-lane.md`).
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from api_fastapi.settings import Settings
from api_fastapi.unavailable import DatabaseUnavailableError, is_undefined

CONNECT_TIMEOUT = 2


class LinkLostError(Exception):
    """The connection has ended; the statement may be tried on another."""


class Link:
    """One connection in autocommit."""

    def __init__(self, connection: psycopg.AsyncConnection[object]) -> None:
        """Take over an open connection."""
        self._connection = connection
        self._pg = connection.pgconn
        self._socket = self._pg.socket
        self._loop = asyncio.get_running_loop()
        self._prepared: set[bytes] = set()
        self._result: asyncio.Future[PGresult] | None = None
        self._last: PGresult | None = None
        self._loop.add_reader(self._socket, self._readable)
        self.lost = False

    @classmethod
    async def open(cls, settings: Settings, plans: str, name: str = "api-fastapi") -> "Link":
        """Connect as `name`, with `plans` as plan_cache_mode and what may follow it.

        Raises DatabaseUnavailableError when that fails.
        """
        try:
            connection: psycopg.AsyncConnection[object] = await psycopg.AsyncConnection.connect(
                settings.database_url,
                autocommit=True,
                application_name=name,
                connect_timeout=CONNECT_TIMEOUT,
                options=f"-c statement_timeout={settings.database_statement_timeout_ms} -c plan_cache_mode={plans}",
            )
        except psycopg.Error as error:
            raise DatabaseUnavailableError("the database does not answer") from error
        return cls(connection)

    async def run(self, name: bytes, statement: bytes, values: Sequence[bytes | None], deadline: float) -> PGresult:
        """Run a statement, prepared under `name` on its first use, and return its rows.

        Raises LinkLostError when the connection ends meanwhile, DatabaseUnavailableError after `deadline` seconds and
        when the database refuses for now, and psycopg's error for what is our own mistake.
        """
        alarm = self._loop.call_later(deadline, self._overdue)
        try:
            if name not in self._prepared:
                self._pg.send_prepare(name, statement)
                _check(await self._answer())
                self._prepared.add(name)
            self._pg.send_query_prepared(name, values)
            return _check(await self._answer())
        except (psycopg.OperationalError, LinkLostError) as error:
            self.close()
            raise LinkLostError from error
        except asyncio.CancelledError:
            self.close()  # its answer would be taken for the next one's
            raise
        finally:
            alarm.cancel()

    def close(self, reason: Exception | None = None) -> None:
        """End the connection at once, and what is under way with `reason`."""
        if self.lost:
            return
        self.lost = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._pg.finish()
        if self._result is not None and not self._result.done():
            self._result.set_exception(reason or LinkLostError())

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
                self._result.set_result(self._last)
            self._last = None
            return None
        return None

    def _overdue(self) -> None:
        self.close(DatabaseUnavailableError("the database does not answer in time"))


def _check(result: PGresult) -> PGresult:
    if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        return result
    code = result.error_field(DiagnosticField.SQLSTATE) or b""
    if is_undefined(code.decode()):
        raise DatabaseUnavailableError("the database is not migrated")
    error = error_from_result(result)
    if code.startswith((b"57P", b"08")):
        raise LinkLostError from error  # shut down by an administrator, a crash of another connection
    if isinstance(error, psycopg.OperationalError):
        raise DatabaseUnavailableError("the database does not answer") from error  # a timeout, no memory, no disk
    raise error
