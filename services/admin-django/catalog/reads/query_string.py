"""Read a query string strictly.

Django's own parser forgives what the contract refuses: it lets a malformed escape stand, replaces bytes that are not
UTF-8 and keeps every repetition of a name.
"""

import re
import unicodedata
from collections.abc import Collection
from urllib.parse import unquote_to_bytes

_WELL_ESCAPED = re.compile(rb"(?:[ -$&-~]|%[0-9A-Fa-f]{2})*")  # printable ASCII; every % begins an escape


def parse(raw: bytes, known: Collection[str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the values of the parameters, decoded, and the errors of those that are malformed, unknown or repeated.

    A name is in one of the two, never in both.
    """
    values: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    for piece in filter(None, raw.split(b"&")):
        encoded_name, _, encoded_value = piece.partition(b"=")
        name, _ = _decode(encoded_name)
        value, well_formed = _decode(encoded_value)
        if name not in known:
            errors[name] = ["There is no such parameter here."]
        elif not well_formed:
            errors[name] = ["Must be percent-encoded UTF-8 without control characters."]
        elif name in values:
            errors[name] = ["May be given only once."]
        values[name] = value
    return {name: value for name, value in values.items() if name not in errors}, errors


def _decode(encoded: bytes) -> tuple[str, bool]:
    """Return the decoded text, with U+FFFD for bytes that are not UTF-8, and whether it was well-formed."""
    decoded = unquote_to_bytes(encoded.replace(b"+", b" "))
    text = decoded.decode(errors="replace")
    well_formed = (
        _WELL_ESCAPED.fullmatch(encoded) is not None
        and text.encode() == decoded
        and all(unicodedata.category(character) != "Cc" for character in text)
    )
    return text, well_formed
