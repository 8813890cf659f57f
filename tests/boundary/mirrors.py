"""The services' mirrors of the schema, compared with the schema: type, length, precision, collation, nullability.

A mirror is every SQLAlchemy table that a service defines, wherever it does so (SQLAlchemy's own are of pg_catalog). It
is told by a process in the service's folder; nothing of a service is imported here.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.boundary.databases import Connection
from tests.boundary.tree import Tree

SERVICES = ("simple-flask", "api-fastapi")

# Imports every module of the service, and prints the columns of every table that is there then, and the migration that
# the service waits for.
_TELL = """
import gc, importlib, json, pkgutil, sys
from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql import dialect

package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
columns = [
    [str(table), each.name, each.type.compile(dialect()), getattr(each.type, "collation", None), each.nullable]
    for metadata in gc.get_objects() if isinstance(metadata, MetaData) and metadata.schema != "pg_catalog"
    for table in metadata.tables.values() for each in table.columns
]
required = {getattr(module, "REQUIRED_MIGRATION", "") for module in list(sys.modules.values())} - {""}
json.dump({"columns": columns, "required": sorted(required)}, sys.stdout)
"""


@dataclass(frozen=True)
class Column:
    """One column, as the mirror or the database has it; the type as SQL writes it, without its collation."""

    table: str
    name: str
    type: str
    collation: str | None
    nullable: bool


def mirror(service: str, tree: Tree) -> list[Column]:
    """Return the columns that a service's code believes in."""
    columns = [Column(*each) for each in _told(service, tree)["columns"]]
    return [Column(c.table, c.name, c.type.partition(" COLLATE ")[0], c.collation, c.nullable) for c in columns]


def required_migration(service: str, tree: Tree) -> str:
    """Return the migration of the catalog before which a service is not ready."""
    (required,) = _told(service, tree)["required"]
    return str(required)


@cache
def _told(service: str, tree: Tree) -> dict[str, Any]:
    folder = tree.folder(service)
    done = subprocess.run(
        [sys.executable, "-c", _TELL, service.replace("-", "_")],
        cwd=folder,
        env={"PYTHONPATH": f"{folder}:{tree.root / 'shared'}", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def drift(columns: list[Column], database: Connection) -> list[str]:
    """Return, for each column that differs from the database's, what the mirror says and what is there."""
    return [f"{column} is {found}" for column in columns if (found := _in_database(column, database)) != column]


def _in_database(column: Column, database: Connection) -> Column | str:
    row = database.execute(
        "SELECT format_type(atttypid, atttypmod) = format_type(to_regtype(%s), to_regtypemod(%s)),"
        " format_type(atttypid, atttypmod), collname, NOT attnotnull"
        " FROM pg_attribute JOIN pg_type t ON t.oid = atttypid"
        " LEFT JOIN pg_collation c ON c.oid = attcollation AND attcollation <> t.typcollation"
        " WHERE attrelid = to_regclass(%s) AND attname = %s AND NOT attisdropped",
        [column.type, column.type, column.table, column.name],
    ).fetchone()
    if row is None:
        return "not there"
    alike, written, collation, nullable = row
    return Column(column.table, column.name, column.type if alike else written, collation, nullable)
