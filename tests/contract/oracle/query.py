"""The query string, read to the letter."""

import re
import unicodedata

_LONE_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def parse(raw: bytes, known: frozenset[str]) -> tuple[dict[str, str], set[str]]:
    """Return the parameters (decoded, as sent) and the names of those that are malformed, unknown or repeated."""
    values: dict[str, str] = {}
    wrong: set[str] = set()
    seen: set[str] = set()
    for piece in raw.split(b"&"):
        if not piece:
            continue
        raw_name, _, raw_value = piece.partition(b"=")
        name, name_is_good = _decode(raw_name)
        value, value_is_good = _decode(raw_value)
        if name in seen or name not in known or not name_is_good or not value_is_good:
            wrong.add(name)
        seen.add(name)
        values.setdefault(name, value)
    return {name: value for name, value in values.items() if name not in wrong}, wrong


def _decode(raw: bytes) -> tuple[str, bool]:
    decoded = re.sub(
        rb"%([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), raw.replace(b"+", b" "), flags=re.DOTALL
    )
    text = decoded.decode("utf-8", "replace")
    good = (
        not _LONE_PERCENT.search(raw)
        and decoded == text.encode()
        and not any(unicodedata.category(character) == "Cc" for character in text)
    )
    return text, good


def encode(pairs: list[tuple[str, str]]) -> str:
    """Return the pairs percent-encoded: everything but letters, digits and `-._~`, a space as `%20`."""
    return "&".join(f"{_escape(name)}={_escape(value)}" for name, value in pairs)


def _escape(text: str) -> str:
    return "".join(
        chr(byte) if re.fullmatch(rb"[A-Za-z0-9._~-]", bytes([byte])) else f"%{byte:02X}" for byte in text.encode()
    )
