"""Read JSON strictly, keeping what `json.loads` would hide: repeated members, and numbers that are not integers."""

import json
from typing import Any

LONGEST_INTEGER = 19
"""Digits; longer ones are beyond 64 bits, and turning millions of digits into a number takes minutes."""


class NotAnInteger:
    """Stands where the body had a number with a fraction or an exponent, a huge one, NaN or an infinity."""

    def __init__(self, written: str) -> None:
        """Forget how the number was written: no value of it is of use."""


class Object(dict[str, Any]):
    """A JSON object that remembers which of its members were `repeated`."""

    def __init__(self, members: list[tuple[str, Any]]) -> None:
        super().__init__(members)
        self.repeated = set[str]()
        if len(self) < len(members):
            seen = set[str]()
            self.repeated = {name for name, _ in members if name in seen or seen.add(name)}  # type: ignore[func-returns-value]


def _integer(written: str) -> int | NotAnInteger:
    return int(written) if len(written) <= LONGEST_INTEGER + 1 else NotAnInteger(written)


def loads(body: bytes) -> Any:
    """Return the value that a body in UTF-8 holds; raise ValueError with a message that says where it is wrong."""
    if not body:
        raise ValueError("is empty")
    try:
        return json.loads(
            body.decode(),
            object_pairs_hook=Object,
            parse_int=_integer,
            parse_float=NotAnInteger,
            parse_constant=NotAnInteger,
        )
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
