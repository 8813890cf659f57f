"""`env` and `exec`: the running stack's addresses for tests and people, and commands in a service's environment."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from stack import credentials, run_state
from stack.errors import StackError
from stack.layout import Layout
from stack.topology import MARKER, database_url

UNKNOWN = ""  # a password that is not known


def told(layout: Layout) -> dict[str, str]:
    """Return what a test or a person needs to connect to the running stack. Raises StackError when none runs.

    The admin user's password is UNKNOWN when it is another than what this stack was told or has made up.
    """
    found = run_state.required(layout)
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
        "TRIPTYCH_ADMIN_PASSWORD": _right(layout, found.admin_user, [found.admin_password, secrets.admin_password]),
    }


def show(layout: Layout) -> None:
    """Print these variables as lines that a shell can evaluate."""
    found = told(layout)
    if found["TRIPTYCH_ADMIN_PASSWORD"] == UNKNOWN:
        user = found["TRIPTYCH_ADMIN_USER"]
        print(f"# The password of {user} is not known here: it was changed, or the database does not answer.")
        print(f"# Another one: .venv/bin/python -m stack exec admin-django python manage.py changepassword {user}")
    for name, value in found.items():
        print(f"{name}={shlex.quote(value)}")


def _right(layout: Layout, user: str, passwords: list[str]) -> str:
    """Return the one of the passwords that is the user's, UNKNOWN when none is or the database cannot be asked."""
    process = json.loads((layout.run / "admin-django.json").read_text(encoding="utf-8"))
    asked = subprocess.run(
        [sys.executable, "manage.py", "which_password", user],
        cwd=process["folder"], env=process["environment"], input="\n".join(passwords), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    answer = asked.stdout.strip()
    return passwords[int(answer) - 1] if answer.isdecimal() else UNKNOWN


def execute(layout: Layout, name: str, command: list[str]) -> None:
    """Become a command in a service's folder and environment. Raises StackError when that cannot be."""
    run_state.required(layout)
    path = layout.run / f"{name}.json"
    if not path.is_file():
        names = ", ".join(sorted(each.stem for each in layout.run.glob("*.json") if each != layout.running))
        raise StackError(f"There is no service `{name}`; there are {names}.")
    process = json.loads(path.read_text(encoding="utf-8"))
    environment: dict[str, str] = process["environment"]
    # The stack does not end a process that a person started.
    environment.pop(MARKER)
    environment.setdefault("TERM", os.environ.get("TERM", "dumb"))
    os.chdir(Path(process["folder"]))
    sys.stdout.flush()
    try:
        os.execvpe(command[0], command, environment)
    except OSError as error:
        raise StackError(f"{command[0]} cannot be run ({error.strerror}).") from error
