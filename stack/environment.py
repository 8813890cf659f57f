"""`env` and `exec`: the running stack's addresses for tests and people, and commands in a service's environment."""

import json
import os
import shlex
import sys
from pathlib import Path

from stack import credentials, running
from stack.errors import StackError
from stack.layout import Layout
from stack.topology import MARKER, database_url


def told(layout: Layout) -> dict[str, str]:
    """Return what a test or a person needs to speak to the running stack. Raises StackError when none runs."""
    found = running.required(layout)
    secrets = credentials.load(layout.credentials)

    def url(role: str) -> str:
        return database_url(role, getattr(secrets, role), found.ports["postgres"])

    return {
        "TRIPTYCH_URL": found.url,
        "TRIPTYCH_DJANGO_URL": found.urls["admin-django"],
        "TRIPTYCH_FLASK_URL": found.urls["simple-flask"],
        "TRIPTYCH_FASTAPI_URL": found.urls["api-fastapi"],
        "TRIPTYCH_DATABASE_URL": url("admin_django"),
        "TRIPTYCH_OWNER_DATABASE_URL": url("triptych_owner"),
        "TRIPTYCH_SUPERUSER_DATABASE_URL": url("postgres"),
        "TRIPTYCH_SIMPLE_FLASK_DATABASE_URL": url("simple_flask"),
        "TRIPTYCH_API_FASTAPI_DATABASE_URL": url("api_fastapi"),
        "TRIPTYCH_HOME": str(layout.home),
        "TRIPTYCH_ADMIN_USER": found.admin_user,
        "TRIPTYCH_ADMIN_PASSWORD": found.admin_password,
    }


def show(layout: Layout) -> None:
    """Print it as lines that a shell can evaluate."""
    for name, value in told(layout).items():
        print(f"{name}={shlex.quote(value)}")


def execute(layout: Layout, name: str, command: list[str]) -> None:
    """Become a command in a service's folder and environment. Raises StackError when that cannot be."""
    running.required(layout)
    path = layout.run / f"{name}.json"
    if not path.is_file():
        names = ", ".join(sorted(each.stem for each in layout.run.glob("*.json") if each != layout.running))
        raise StackError(f"There is no service `{name}`; there are {names}.")
    process = json.loads(path.read_text(encoding="utf-8"))
    environment: dict[str, str] = process["environment"]
    # What a person starts is not the stack's to end.
    environment.pop(MARKER)
    environment.setdefault("TERM", os.environ.get("TERM", "dumb"))
    os.chdir(Path(process["folder"]))
    sys.stdout.flush()
    try:
        os.execvpe(command[0], command, environment)
    except OSError as error:
        raise StackError(f"{command[0]} cannot be run ({error.strerror}).") from error
