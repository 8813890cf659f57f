"""Exports: every item as CSV or NDJSON, streamed from one snapshot in constant memory.

The data is exact, also in cells that begin with `=`, `+`, `-` or `@`, which a spreadsheet may take for formulas: a file
for exchanging data must read back as what was written, and whoever escapes such cells breaks every other reader.
Who opens the file in a spreadsheet imports its columns as text.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from threading import BoundedSemaphore
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from sqlalchemy import Row, Select, text
from triptych_shared.problems import unavailable

from simple_flask.database import Item, db
from simple_flask.items.filters import FILTERS, check_prices, conditions
from simple_flask.items.representation import COLUMNS, encode, members
from simple_flask.parameters import Parameters

bp = Blueprint("exports", __name__)

ROWS_PER_FETCH = 100  # a description may have 100,000 characters
FETCH_TIMEOUT = "60s"
EXPORT_TIMEOUT = "10min"
"""A client that takes its file a few bytes at a time must not hold a slot, and back vacuum, for longer than this."""

Chunks = Iterator[bytes]
Format = Callable[[Sequence[Row[Any]]], bytes]


def init_app(app: Flask) -> None:
    """Bound how many exports the process streams at once: each keeps a thread and a connection for long."""
    app.extensions["exports"] = BoundedSemaphore(app.config["EXPORTS_AT_ONCE"])


@bp.get("/api/tasks/exports/items.csv")
def export_csv() -> Response:
    """Answer with the items as CSV by RFC 4180."""
    header = _csv_text([[column.key for column in COLUMNS]])
    return _stream("items.csv", "text/csv; charset=utf-8; header=present", header, _csv_lines)


@bp.get("/api/tasks/exports/items.ndjson")
def export_ndjson() -> Response:
    """Answer with the items as newline-delimited JSON."""
    return _stream("items.ndjson", "application/x-ndjson", b"", _json_lines)


def _csv_lines(rows: Sequence[Row[Any]]) -> bytes:
    return _csv_text([members(row).values() for row in rows])


def _csv_text(lines: Any) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(lines)  # the default dialect is RFC 4180's: CRLF, quotes only where needed
    return written.getvalue().encode()


def _json_lines(rows: Sequence[Row[Any]]) -> bytes:
    return b"".join(encode(members(row)) + b"\n" for row in rows)


def _stream(filename: str, content_type: str, header: bytes, render: Format) -> Response:
    parameters = Parameters(request.query_string, FILTERS)
    check_prices(parameters)
    parameters.check()
    slots: BoundedSemaphore = current_app.extensions["exports"]
    if not slots.acquire(blocking=False):
        raise unavailable("As many exports are running as may at once. Try again in a moment.")
    chunks = _chunks(db.select(*COLUMNS).where(*conditions(parameters)).order_by(Item.id), header, render, slots)
    next(chunks)  # reads the first rows: a database that is away is a 503, and not a broken 200
    response = Response(chunks, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _chunks(query: Select[Any], header: bytes, render: Format, slots: BoundedSemaphore) -> Chunks:
    """Yield nothing once the first rows are there, and then the file.

    Closed early (the client went away), or broken (the database did), it gives back cursor, connection and slot. What
    breaks is raised to gunicorn, which then closes the connection without the last chunk: never a file cut short that
    looks complete.
    """
    try:
        # A cursor lives in a transaction, and one statement sees one snapshot however long it is read.
        with db.engine.connect().execution_options(isolation_level="READ COMMITTED") as connection:
            connection.execute(text(f"SET LOCAL statement_timeout = '{FETCH_TIMEOUT}'"))
            connection.execute(text(f"SET LOCAL transaction_timeout = '{EXPORT_TIMEOUT}'"))
            with connection.execution_options(yield_per=ROWS_PER_FETCH).execute(query) as result:
                partitions = result.partitions()
                first = header + render(next(partitions, ()))
                yield b""
                yield first
                for rows in partitions:
                    yield render(rows)
    finally:
        slots.release()
