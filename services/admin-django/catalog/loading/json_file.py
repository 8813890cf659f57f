"""Read a JSON file: an array of objects, or one object per line (NDJSON). No number ever becomes a float."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from catalog.loading.records import FileError, Record


def read_array(lines: Iterable[str]) -> tuple[list[str], Iterator[Record]]:
    """Return every key of an array of objects, and the records. Raises FileError. The file is held in memory."""
    try:
        array = _parse("".join(lines))
    except ValueError as error:
        raise FileError(f"is not valid JSON: {error}") from error
    if not isinstance(array, list):
        raise FileError("is not an array of objects, nor one object per line")
    columns = list(dict.fromkeys(key for row in array if isinstance(row, dict) for key in row))
    return columns, (_record(number, row, "item") for number, row in enumerate(array, 1))


def read_lines(lines: Iterable[str]) -> Iterator[Record]:
    """Return the records of a file with one object per line; blank lines are none. Raises FileError."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _record(number, _parse(line), "line")
            except ValueError as error:
                yield Record(number, problem=f"is not valid JSON: {error}")


def _record(number: int, row: object, unit: str) -> Record:
    if isinstance(row, dict):
        return Record(number, row, unit=unit)
    return Record(number, problem="is not a JSON object", unit=unit)


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text, parse_float=_decimal, parse_constant=_refuse_constant, object_pairs_hook=_refuse_repetition
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond all bounds; as a price it is refused like any that is too large
        return Decimal("Infinity")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError("an object has a key more than once")
    return row
