"""What a file is read into: one record per row, whatever the format."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class FileError(Exception):
    """Nothing of this file can be loaded; the message says why, and what to do."""


class RowError(Exception):
    """This row cannot be loaded; the message says why."""


@dataclass(frozen=True)
class Record:
    """One row: where it begins, its values by column, and what is wrong with it when it could not even be read."""

    number: int
    values: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    unit: str = "line"

    @property
    def place(self) -> str:
        """Where the row begins, for a person."""
        return f"{self.unit} {self.number}"


class Lines:
    """The lines of a UTF-8 file, with their ends; `position` is how many bytes have been read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0

    def __iter__(self) -> Iterator[str]:
        try:
            with self.path.open("rb") as file:
                for number, raw in enumerate(file, 1):
                    self.position += len(raw)
                    yield _decode(raw, number)
        except OSError as error:
            raise FileError(f"cannot be read: {error.strerror}") from error


def _decode(raw: bytes, number: int) -> str:
    if number == 1 and raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileError("is UTF-16; save it as UTF-8")
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise FileError(
            f"line {number} is not UTF-8 (byte {error.start + 1} of it is 0x{raw[error.start]:02X}); save the file as "
            "UTF-8, for example with: iconv -f LATIN1 -t UTF-8"
        ) from error
