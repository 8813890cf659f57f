"""Make up the production overlay's secrets: files that git ignores, for this machine's user only."""

import secrets
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "overlays" / "production" / "secrets"
ROLES = {
    "database-owner": "triptych_owner",
    "database-admin-django": "admin_django",
    "database-simple-flask": "simple_flask",
    "database-api-fastapi": "api_fastapi",
}


def make(folder: Path = FOLDER) -> list[Path]:
    """Write what is missing, and return it; what is there stays. Passwords go into URLs: letters, digits, - and _."""
    contents = {name: {"username": role, "password": secrets.token_urlsafe(32)} for name, role in ROLES.items()}
    contents["admin-django"] = {"DJANGO_SECRET_KEY": secrets.token_urlsafe(48)}
    contents["migrate"] = {
        "TRIPTYCH_DEMO_DATA": "off",
        "TRIPTYCH_ADMIN_USER": "admin",
        "TRIPTYCH_ADMIN_PASSWORD": secrets.token_urlsafe(16),
    }
    folder.mkdir(mode=0o700, exist_ok=True)
    made = []
    for name, variables in contents.items():
        path = folder / f"{name}.env"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text("".join(f"{key}={value}\n" for key, value in variables.items()), encoding="utf-8")
            made.append(path)
    return made
