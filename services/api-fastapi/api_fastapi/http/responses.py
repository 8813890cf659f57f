"""A response before a server or a framework has it."""

from typing import NamedTuple

Headers = list[tuple[bytes, bytes]]


class PlainResponse(NamedTuple):
    """Status, headers with their names in lower case, and body."""

    status: int
    headers: Headers
    body: bytes
