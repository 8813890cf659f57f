"""Conditional requests: whether a client already has what it asks for."""

import re

# RFC 9110, 8.8.3 and 5.6.1: entity tags between commas; an element of a list may be empty.
_LIST = re.compile(r'(?:[ \t]*(?:(?:W/)?"[\x21\x23-\x7e\x80-\xff]*")?[ \t]*(?:,|$))*')
_TAG = re.compile(r'"[^"]*"')


def matches(if_none_match: str, etag: str) -> bool:
    """Tell whether `etag`, which is quoted, is among those of an If-None-Match header, compared weakly.

    A malformed header has no tags.
    """
    value = if_none_match.strip(" \t")
    return value == "*" or (_LIST.fullmatch(value) is not None and etag in _TAG.findall(value))
