"""The passwords and keys of one stack: made up once, kept in one file that only this user may read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from stack.errors import StackError


def _secret() -> str:
    return secrets.token_hex(24)


@dataclass(frozen=True)
class Credentials:
    """Every field is a secret; the database's are named after the role they belong to."""

    postgres: str = field(default_factory=_secret)
    triptych_owner: str = field(default_factory=_secret)
    admin_django: str = field(default_factory=_secret)
    simple_flask: str = field(default_factory=_secret)
    api_fastapi: str = field(default_factory=_secret)
    django_secret_key: str = field(default_factory=_secret)
    # Typed by a person, once: shorter than the others.
    admin_password: str = field(default_factory=lambda: secrets.token_urlsafe(12))


def load_or_make(path: Path) -> Credentials:
    """Return the credentials, made up where there are none. Raises StackError for an unreadable file."""
    if path.exists():
        return load(path)
    made = Credentials()
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(made), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    return made


def load(path: Path) -> Credentials:
    """Return the credentials in `path`. Raises StackError when they cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Credentials(**{each.name: str(found[each.name]) for each in fields(Credentials)})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StackError(
            f"{path} cannot be read ({error}). The database's passwords are in it: restore the file, or remove "
            f"{path.parent} (with all its data) to begin anew."
        ) from error
