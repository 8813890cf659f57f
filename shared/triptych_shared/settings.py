"""Read settings from the environment; a mistake is reported with the variable's name before anything starts."""

import os
import re

_DATABASE_URL = re.compile(r"postgres(ql)?://[^:@/]+:[^@/]+@[^/]+/[^/?]+(\?.*)?")


class SettingsError(Exception):
    """A variable of the environment is missing or malformed."""


def require(name: str) -> str:
    """Return the variable `name`; raise SettingsError when it is unset or empty."""
    value = os.environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def text(name: str, default: str) -> str:
    """Return the variable `name`, or `default` when it is unset or empty."""
    return os.environ.get(name) or default


def integer(name: str, default: int, minimum: int, maximum: int) -> int:
    """Return the variable `name` as an integer; raise SettingsError outside `minimum`…`maximum`."""
    value = os.environ.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,18}", value) or not minimum <= int(value) <= maximum:
        raise SettingsError(f"{name}={value!r} is not an integer from {minimum} to {maximum}")
    return int(value)


def switch(name: str, default: bool) -> bool:
    """Return whether the variable `name` is on; raise SettingsError when it is neither on nor off."""
    value = os.environ.get(name) or ("on" if default else "off")
    if value not in ("on", "off"):
        raise SettingsError(f"{name}={value!r} is neither on nor off")
    return value == "on"


def log_level() -> str:
    """Return LOG_LEVEL, INFO by default; raise SettingsError when logging knows no such level."""
    value = text("LOG_LEVEL", "INFO").upper()
    if value not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        raise SettingsError(f"LOG_LEVEL={value!r} is none of DEBUG, INFO, WARNING, ERROR, CRITICAL")
    return value


def database_url(name: str = "DATABASE_URL") -> str:
    """Return the variable `name`, a `postgresql://role:password@host:port/database` URL; never shown in messages."""
    value = require(name)
    if not _DATABASE_URL.fullmatch(value):
        raise SettingsError(f"{name} is not of the form postgresql://role:password@host:port/database")
    return value
