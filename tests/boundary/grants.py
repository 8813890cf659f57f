"""Who may do what in a database: every privilege and every role, as lines that can be read and compared."""

from itertools import groupby
from pathlib import Path

from tests.boundary.databases import Connection

FOLDER = Path(__file__).parent
GOLDEN = FOLDER / "grants.txt"
OWNER = "triptych_owner"
_QUERY = (FOLDER / "grants.sql").read_text(encoding="utf-8")


def grants(superuser: Connection) -> list[str]:
    """Return a line per object and role; what only its owner may touch has one line that says so."""
    lines = []
    rows: list[tuple[str, str, str]] = superuser.execute(_QUERY.encode()).fetchall()
    for thing, of_thing in groupby(rows, key=lambda row: row[0]):
        others = [f"{thing}: {role}: {rights}" for _, role, rights in of_thing if (role, rights) != (OWNER, "OWNER")]
        lines += others or [f"{thing}: {OWNER} alone"]
    return lines


def golden() -> list[str]:
    """Return what it should be."""
    return GOLDEN.read_text(encoding="utf-8").splitlines()
