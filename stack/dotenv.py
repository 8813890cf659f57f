"""Reading `.env`, in the subset that this stack and `docker compose` understand alike."""

import re
from pathlib import Path

from stack.errors import StackError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read(path: Path) -> dict[str, str]:
    """Return the file's variables; an absent file has none. Raises StackError with file and line for a broken one."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        number = path.read_bytes()[: error.start].count(b"\n") + 1
        raise StackError(f"{path.name}:{number}: not UTF-8 text; save the file as UTF-8.") from error
    except OSError as error:
        raise StackError(f"{path}: cannot be read ({error.strerror}); correct its permissions or remove it.") from error
    variables = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            name, value = _assignment(stripped, f"{path.name}:{number}")
            variables[name] = value
    return variables


def _assignment(line: str, where: str) -> tuple[str, str]:
    name, equals, value = line.partition("=")
    name, value = name.removeprefix("export ").strip(), value.strip()
    if not equals:
        raise StackError(f"{where}: `{line}` is not KEY=VALUE; correct the line or begin it with #.")
    if not NAME.fullmatch(name):
        raise StackError(f"{where}: `{name}` is not a variable's name (letters, digits and _, no digit first).")
    quote = value[:1]
    if quote not in ("'", '"'):
        value = re.split(r"\s#", value, maxsplit=1)[0].rstrip() if not value.startswith("#") else ""
    else:
        closing = value.find(quote, 1)
        rest = value[closing + 1 :].strip()
        if closing < 0 or (rest and not rest.startswith("#")):
            raise StackError(f"{where}: the value of {name} has a quote that is not closed, or text behind it.")
        value = value[1:closing]
    if quote != "'" and ("$" in value or "\\" in value):
        # docker compose would expand these; one file has to mean the same in both ways to start the system.
        raise StackError(f"{where}: the value of {name} has a $ or a backslash; write it in single quotes.")
    return name, value
