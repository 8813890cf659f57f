"""What the user may set, from the environment and `.env`; the environment wins."""

import difflib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stack import dotenv
from stack.errors import StackError

PORTS = 5  # gateway, admin-django, simple-flask, api-fastapi, postgres: TRIPTYCH_PORT and the four after it

OWN = {
    "TRIPTYCH_PORT",
    "TRIPTYCH_HOME",
    "TRIPTYCH_ADMIN_USER",
    "TRIPTYCH_ADMIN_PASSWORD",
    "TRIPTYCH_DEMO_DATA",
}
# What docker-compose.yml reads, and what is told to the tests: no settings of this stack, but no surprise either.
OTHERS = {
    "TRIPTYCH_OWNER_PASSWORD",
    "TRIPTYCH_POSTGRES_PORT",
    "TRIPTYCH_SEED",
    "TRIPTYCH_SYSTEM",
    "TRIPTYCH_URL",
    "TRIPTYCH_DJANGO_URL",
    "TRIPTYCH_FLASK_URL",
    "TRIPTYCH_FASTAPI_URL",
    "TRIPTYCH_DATABASE_URL",
    "TRIPTYCH_OWNER_DATABASE_URL",
    "TRIPTYCH_SUPERUSER_DATABASE_URL",
    "TRIPTYCH_SIMPLE_FLASK_DATABASE_URL",
    "TRIPTYCH_API_FASTAPI_DATABASE_URL",
    "TRIPTYCH_CHROMIUM",
}

UNWRITABLE = "\"'$\\{};#,:%"


@dataclass(frozen=True)
class Settings:
    """The validated settings; `variables` holds everything set, for the services to take their own from."""

    port: int
    home: Path
    admin_user: str
    admin_password: str | None
    demo_data: str
    variables: Mapping[str, str]


def load(root: Path, environ: Mapping[str, str]) -> Settings:
    """Read the settings. Raises StackError, naming the variable, when one of them cannot be right."""
    in_file = dotenv.read(root / ".env")
    _name_unknown(in_file, ".env")
    _name_unknown(environ, "the environment")
    variables = {**in_file, **environ}
    password = variables.get("TRIPTYCH_ADMIN_PASSWORD") or None
    return Settings(
        port=_port(variables.get("TRIPTYCH_PORT") or "8080"),
        home=_home(root, variables.get("TRIPTYCH_HOME") or ".local"),
        admin_user=_admin_user(variables.get("TRIPTYCH_ADMIN_USER") or "admin"),
        admin_password=password,
        demo_data=_switch("TRIPTYCH_DEMO_DATA", variables.get("TRIPTYCH_DEMO_DATA") or "on"),
        variables=variables,
    )


def _port(text: str) -> int:
    highest = 65536 - PORTS
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= highest):
        raise StackError(
            f"TRIPTYCH_PORT is `{text}`; it must be a number from 1 to {highest} ({PORTS} ports from it on are used)."
        )
    return int(text)


def _home(root: Path, text: str) -> Path:
    home = (root / Path(text).expanduser()).absolute()
    for what, path in (("TRIPTYCH_HOME", home), ("The folder of this repository", root)):
        # supervisord's and nginx's configurations, and PYTHONPATH, have no way to write these.
        if not str(path).isprintable() or any(character in str(path) for character in UNWRITABLE):
            raise StackError(f"{what} is `{path}`: choose a path with none of {' '.join(UNWRITABLE)} in it.")
    return home


def _admin_user(text: str) -> str:
    if len(text) > 150 or not all(character.isalnum() or character in "@.+-_" for character in text):
        raise StackError(
            f"TRIPTYCH_ADMIN_USER is `{text}`; it may have up to 150 letters, digits and the characters @ . + - _ only."
        )
    return text


def _switch(name: str, text: str) -> str:
    if text not in ("on", "off"):
        raise StackError(f"{name} is `{text}`; it must be on or off.")
    return text


def _name_unknown(variables: Mapping[str, str], where: str) -> None:
    for name in sorted(variables):
        if name.startswith("TRIPTYCH_") and name not in OWN | OTHERS:
            near = difflib.get_close_matches(name, OWN, n=1)
            hint = f" Is {near[0]} meant?" if near else ""
            print(f"warning: {name} in {where} is not a setting and is ignored.{hint}", file=sys.stderr)
