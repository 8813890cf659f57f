"""Which column of a file holds which field of an item."""

from collections.abc import Iterable, Mapping
from typing import Any

from catalog.item_fields import DEFAULTS, NAMES


class Columns:
    """Finds fields by the names that `--map` gives, else by their own, without regard to case."""

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self.mapping = mapping

    def find(self, seen: Iterable[str]) -> dict[str, str]:
        """Return the column of each field that the columns `seen` have; raise LookupError where one is missing."""
        seen = list(seen)
        by_name = {column.casefold(): column for column in reversed(seen)}
        wanted = {field: self.mapping.get(field, field) for field in NAMES}
        found = {field: by_name[name.casefold()] for field, name in wanted.items() if name.casefold() in by_name}
        missing = [f for f in NAMES if f not in found and (f not in DEFAULTS or f in self.mapping)]
        if missing:
            names = ", ".join(f"{wanted[f]!r}" for f in missing)
            hint = f"; say which with --map {missing[0]}=COLUMN" if missing[0] not in self.mapping else ""
            raise LookupError(f"has no column {names}; it has {', '.join(map(repr, seen)) or 'none'}{hint}")
        return found


def parse_mapping(options: Iterable[str]) -> dict[str, str]:
    """Return the fields and columns of `--map field=column` options; raise ValueError for a wrong one."""
    mapping: dict[str, str] = {}
    for option in options:
        field, equals, column = option.partition("=")
        if field not in NAMES or not equals or not column:
            raise ValueError(f"--map {option}: must be FIELD=COLUMN, where FIELD is one of {', '.join(NAMES)}")
        if field in mapping:
            raise ValueError(f"--map {option}: {field} is mapped already")
        mapping[field] = column
    return mapping


def pick(values: Mapping[str, Any], found: Mapping[str, str]) -> dict[str, Any]:
    """Return the values by field."""
    return {field: values[column] for field, column in found.items() if column in values}
