"""Conditional requests: what may be kept, for how long, and whether a client has it already."""

import re

from triptych_shared.cache_control import PUBLIC_READ

CACHEABLE = PUBLIC_READ
# One element of a list of entity tags (RFC 9110, 5.6.1 and 8.8.3); elements may be empty.
_ELEMENT = re.compile(r'[ \t]*(?:(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(,|\Z)')


def matches(etag: str, if_none_match: str) -> bool:
    """Tell whether an If-None-Match header names `etag`, compared weakly; a malformed header names nothing."""
    if if_none_match.strip(" \t") == "*":
        return True
    tags: set[str] = set()
    position = 0
    while element := _ELEMENT.match(if_none_match, position):
        if element[1]:
            tags.add(element[1])
        if not element[2]:
            return etag in tags
        position = element.end()
    return False
