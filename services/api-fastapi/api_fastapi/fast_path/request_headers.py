"""The request headers that make a difference to a read, found in one pass."""

import re
from collections.abc import Iterable
from secrets import token_hex
from typing import NamedTuple

# Set by admin-django on who has just written, for five seconds.
_FRESH_COOKIE = re.compile(rb"(?:^|;)[ \t]*triptych_fresh=")
# `max-age=0` is what a browser's reload sends; the gateway takes it for the same.
_NO_CACHE = re.compile(rb"(?:^|,)[ \t]*(?:no-cache|max-age=0)[ \t]*(?:,|=|$)", re.IGNORECASE)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_READ = frozenset({b"x-request-id", b"if-none-match", b"cache-control", b"cookie"})


class ReadHeaders(NamedTuple):
    """What the headers of a read say."""

    request_id: bytes
    if_none_match: bytes | None
    fresh: bool  # from the database as it is now, past every cache


def read_headers(headers: Iterable[tuple[bytes, bytes]]) -> ReadHeaders:
    """Read the headers, whose names are in lower case."""
    request_id = if_none_match = None
    fresh = False
    for name, value in headers:
        if name not in _READ:
            continue
        if name == b"x-request-id":
            if request_id is None:
                request_id = value
        elif name == b"if-none-match":
            # several lines count as one list
            if_none_match = value if if_none_match is None else if_none_match + b", " + value
        else:
            asks_for_fresh = _NO_CACHE if name == b"cache-control" else _FRESH_COOKIE
            fresh = fresh or asks_for_fresh.search(value) is not None
    if request_id is None or not _REQUEST_ID.fullmatch(request_id):
        request_id = token_hex(16).encode()
    return ReadHeaders(request_id, if_none_match, fresh)
