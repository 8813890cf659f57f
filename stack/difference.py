"""What `make up` would start now, compared with what runs: the settings, and the code of each part."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from stack.layout import ROOT
from stack.settings import Settings
from stack.topology import SETTINGS

PARTS = ("services/admin-django", "services/simple-flask", "services/api-fastapi", "gateway", "shared", "stack")
NOT_RUN = {"tests", "__pycache__"}
SECRET = {"TRIPTYCH_ADMIN_PASSWORD", "DJANGO_SECRET_KEY", "READ_DATABASE_URL"}


def code() -> dict[str, str]:
    """Return a digest of each part's code, locks and other files."""
    return {part: _digest(ROOT / part) for part in PARTS}


def chosen(settings: Settings) -> dict[str, str]:
    """Return the settings that are in force; those that are not set are left out, but for the port."""
    named = {name: settings.variables.get(name) or "" for name in SETTINGS - {"TRIPTYCH_HOME"}}
    named |= {"TRIPTYCH_PORT": str(settings.port), "TRIPTYCH_ADMIN_USER": settings.admin_user}
    named |= {"TRIPTYCH_DEMO_DATA": settings.demo_data}
    return {name: value for name, value in named.items() if value}


def lines(
    then: Mapping[str, str], now: Mapping[str, str], code_then: Mapping[str, str], code_now: Mapping[str, str]
) -> list[str]:
    """Return a line for each setting that differs, and one for the code; of a secret only that it does."""
    found = [
        f"{name} {_now(name, now.get(name))}; it runs with {_then(name, then.get(name))}"
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    ]
    changed = [part for part, digest in code_now.items() if code_then.get(part) != digest]
    return [*found, f"the code has changed since: {', '.join(changed)}"] if changed else found


def _now(name: str, value: str | None) -> str:
    if value is None:
        return "is not set"
    return "is another" if name in SECRET else f"is `{value}`"


def _then(name: str, value: str | None) -> str:
    if value is None:
        return "its default"
    return "the one before" if name in SECRET else f"`{value}`"


def _digest(part: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(part.rglob("*")):
        within = path.relative_to(part).parts
        if path.is_file() and not NOT_RUN.intersection(within) and not any(name.startswith(".") for name in within):
            digest.update(f"{path.relative_to(part)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
