"""Conditional requests: whether a client has a response already."""

import re

# One element of a list of entity tags (RFC 9110, 5.6.1 and 8.8.3); elements may be empty.
_ELEMENT = re.compile(rb'[ \t]*(?:(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(,|\Z)')


def matches(etag: bytes, if_none_match: bytes) -> bool:
    """Tell whether an If-None-Match header names `etag`, compared weakly; a malformed header names nothing."""
    if if_none_match in (etag, b"*") or if_none_match.strip(b" \t") == b"*":
        return True
    tags: set[bytes] = set()
    position = 0
    while element := _ELEMENT.match(if_none_match, position):
        if element[1]:
            tags.add(element[1])
        if not element[2]:
            return etag in tags
        position = element.end()
    return False
