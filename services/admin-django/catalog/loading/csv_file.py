"""Read a CSV file: RFC 4180, commas, a header in its first line."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator

from catalog.loading.records import FileError, Record

LARGEST_FIELD = 10_000_000  # characters; the module's own limit of 131,072 would end the file at a long description


def read(lines: Iterable[str]) -> tuple[list[str], Iterator[Record]]:
    """Return the columns and the records; blank lines are none. Raises FileError, also while the records are read."""
    csv.field_size_limit(LARGEST_FIELD)
    rows = _Rows(lines)
    header = next(rows, None)
    if header is None:
        raise FileError("is empty")
    number, fields, problem = header
    if problem:
        raise FileError(f"the header in line {number} cannot be read: {problem}")
    columns = [name.strip() for name in fields]
    repeated = [name for name, times in Counter(map(str.casefold, columns)).items() if times > 1]
    if repeated:
        raise FileError(f"its header has a column more than once: {', '.join(map(repr, repeated))}")
    return columns, _records(columns, rows)


class _Rows(Iterator[tuple[int, list[str], str]]):
    """The physical line where each row begins, its fields and its problem."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.reader = csv.reader(lines, strict=True)

    def __next__(self) -> tuple[int, list[str], str]:
        while True:
            begin = self.reader.line_num + 1
            try:
                fields = next(self.reader)
            except csv.Error as error:
                if self.reader.line_num > begin:
                    # Where the next row begins is anybody's guess: the lines in between may be rows of their own.
                    raise FileError(
                        f"the quotes of the row that begins in line {begin} do not match: {error}"
                    ) from error
                return begin, [], f"cannot be read as CSV: {error}"
            if fields:
                return begin, fields, ""


def _records(columns: list[str], rows: _Rows) -> Iterator[Record]:
    for number, fields, problem in rows:
        if not problem and len(fields) != len(columns):
            problem = f"has {len(fields)} fields where the header has {len(columns)}"
        yield Record(number, dict(zip(columns, fields, strict=False)), problem)
