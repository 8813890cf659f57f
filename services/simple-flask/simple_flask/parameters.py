"""Read a query string strictly: Flask's own `request.args` forgives what the contract does not."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from triptych_shared.problems import Problem

Reader = Callable[[str], Any]

_WELL_FORMED = re.compile(rb"(?:[\x20-\x24\x26-\x7e]|%[0-9A-Fa-f]{2})*")


class Parameters:
    """The parameters of one request: as `sent` (decoded), as read `values`, and what is wrong with them, `errors`."""

    def __init__(self, query_string: bytes, readers: Mapping[str, Reader]) -> None:
        """Read every parameter with its reader, which raises ValueError(message); a name without one is unknown."""
        self.sent: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self.errors: dict[str, list[str]] = {}
        for piece in filter(None, query_string.split(b"&")):
            self._take(piece)
        for name, value in self.sent.items():
            if name in self.errors:
                continue
            if name not in readers:
                self.errors[name] = ["is not a parameter here"]
                continue
            try:
                self.values[name] = readers[name](value)
            except ValueError as error:
                self.errors[name] = [str(error)]

    def _take(self, piece: bytes) -> None:
        name, malformed_name = _decoded(piece.partition(b"=")[0])
        value, malformed_value = _decoded(piece.partition(b"=")[2])
        if malformed_name or malformed_value:
            self.errors[name] = ["is not percent-encoded UTF-8 without control characters"]
        elif name in self.sent:
            self.errors[name] = ["is given more than once"]
        self.sent[name] = value

    def check(self) -> None:
        """Raise the problem that names every parameter that is wrong, if any is."""
        if self.errors:
            raise Problem("invalid-parameter", 400, "Wrong: " + ", ".join(self.errors) + ".", self.errors)


def _decoded(raw: bytes) -> tuple[str, bool]:
    """Return a name or value decoded, with U+FFFD for bad bytes, and whether anything about it is malformed."""
    unquoted = unquote_to_bytes(raw.replace(b"+", b" "))
    decoded = unquoted.decode("utf-8", "replace")
    malformed = (
        not _WELL_FORMED.fullmatch(raw)
        or decoded.encode() != unquoted
        or any(unicodedata.category(character) == "Cc" for character in decoded)
    )
    return decoded, malformed


def matching(pattern: str, message: str) -> Reader:
    """Return a reader that wants the whole value to match `pattern` (ASCII classes only) and returns it as it is."""
    compiled = re.compile(pattern)

    def read(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(message)
        return value

    return read
