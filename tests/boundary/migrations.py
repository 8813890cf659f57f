"""Refuse a migration that would break the release before it, or keep its users waiting.

Two linters read the SQL of each migration that is newer than the last release: django-migration-linter knows what old
code cannot bear (a column dropped, renamed, or suddenly required), squawk which locks hurt. The packages' migrations
are not ours to write; the test that rolls from release to release runs them under load.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.boundary.databases import Server
from tests.boundary.release import git
from tests.boundary.tree import Tree

# Rules that do not hold here, and why.
NOT_OURS = {
    # Django's CharField is a varchar. What makes one longer is no rewrite, what makes one shorter is refused anyway.
    "prefer-text-field": "squawk",
    # auth_user's key is an integer, and what refers to it has its type; HTTP's status codes fit a smallint.
    "prefer-bigint-over-int": "squawk",
    "prefer-bigint-over-smallint": "squawk",
    # Means char(n); the one byte of "char", in quotes, is another type.
    "ban-char-field": "squawk",
    # Django's AddIndexConcurrently has no IF NOT EXISTS; docs/expand-contract.md says what to do when one breaks off.
    "prefer-robust-stmts": "squawk",
    # We never migrate backwards: a release is taken back by its code, which works on the newer schema.
    "RUNPYTHON_REVERSIBLE": "django-migration-linter",
}
MIGRATIONS = "services/admin-django/*/migrations/*.py"
SQL = "services/admin-django/*/sql/*.sql"

# Prints, as JSON, each migration's SQL with the time-outs of the owner's session, and what the linter has against it.
_TELL = """
import contextlib, io, json, sys
import django, sqlparse
django.setup()
from django.core.management import call_command
from django.db import connections
from django_migration_linter import MigrationLinter

excluded, names = json.loads(sys.argv[1]), json.loads(sys.argv[2])
class Linter(MigrationLinter):
    def get_sql(self, app, name):  # a statement on one line each, as the linter expects it, however it was written
        statements = sqlparse.split(sql(app, name))
        lines = [" ".join(sqlparse.format(statement, strip_comments=True).split()) for statement in statements]
        return [line.replace("CREATE UNLOGGED TABLE", "CREATE TABLE", 1) for line in lines]

    def lint_runsql(self, operation):  # its SQL is in what get_sql returns
        return [], [], []

def sql(app, name):
    return call_command("sqlmigrate", app, name, database="owner", stdout=io.StringIO())

linter = Linter(database="owner", no_cache=True, all_warnings_as_errors=True, exclude_migration_tests=excluded)
timeouts = ""
with connections["owner"].cursor() as cursor:
    for name in ("lock_timeout", "statement_timeout"):
        cursor.execute(f"SHOW {name}")
        value = cursor.fetchone()[0]
        timeouts += f"SET {name} = '{value}';\\n" if value != "0" else ""
told = []
for app, name in names:
    with contextlib.redirect_stdout(io.StringIO()) as output:
        before = linter.nb_erroneous
        linter.lint_migration(linter.migration_loader.disk_migrations[app, name])
    complaints = output.getvalue().splitlines()[1:] if linter.nb_erroneous > before else []
    told.append([app, name, timeouts + sql(app, name), complaints])
json.dump(told, sys.stdout)
"""


def newer_than(commit: str, tree: Tree) -> list[tuple[str, str]]:
    """Return the migrations, as (app, name), that the commit does not have."""
    released = set(git("ls-tree", "-r", "--name-only", commit))
    paths = sorted(path.relative_to(tree.root) for path in tree.root.glob(MIGRATIONS) if path.name != "__init__.py")
    return [(path.parent.parent.name, path.stem) for path in paths if str(path) not in released]


def edited_since(commit: str) -> list[str]:
    """Return the migrations, and their SQL, that were released and have been changed since: nobody runs them again."""
    return [path for path in git("diff", "--name-only", "--diff-filter=MDR", commit, "--", MIGRATIONS, SQL) if path]


def complaints(
    names: Iterable[tuple[str, str]], tree: Tree, server: Server, database: str
) -> dict[tuple[str, str], list[str]]:
    """Return what there is to say against each of the migrations; those against which there is nothing are left out."""
    by_tool = {tool: [rule for rule, of in NOT_OURS.items() if of == tool] for tool in set(NOT_OURS.values())}
    environment = tree.bootstrap_environment(server, database, roles=False)
    arguments = [json.dumps(by_tool["django-migration-linter"]), json.dumps(list(names))]
    told = subprocess.run(
        [sys.executable, "-c", _TELL, *arguments],
        cwd=tree.folder("admin-django"),
        env=environment | {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "WARNING"},
        stdout=subprocess.PIPE, check=True, timeout=120,
    )  # fmt: skip
    found: dict[tuple[str, str], list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for app, name, text, against in json.loads(told.stdout):
            path = Path(folder) / f"{app}.{name}.sql"
            path.write_text(text, encoding="utf-8")
            found[app, name] = [line.strip() for line in against] + _squawk(path, by_tool["squawk"])
    return {migration: against for migration, against in found.items() if against}


def _squawk(path: Path, excluded: list[str]) -> list[str]:
    program = Path(sys.executable).with_name("squawk")
    options = ["--pg-version=18.0", "--reporter=gcc", f"--exclude={','.join(excluded)}"]
    done = subprocess.run([program, *options, path.name], cwd=path.parent, capture_output=True, text=True, timeout=60)
    lines = [line for line in done.stdout.splitlines() if line.startswith(path.name)]
    assert bool(lines) == bool(done.returncode), done.stdout + done.stderr
    return lines
