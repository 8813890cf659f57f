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

# Rules that do not hold here, and why; in capitals those of django-migration-linter. A migration that has to break
# another says so itself, in an attribute of its class: `ignores = {"DROP_COLUMN": "unused since 0.2.0"}`.
IGNORED = {
    "prefer-text-field": "Django's CharField is a varchar, and its length a rule of the contract",
    "prefer-bigint-over-int": "auth_user's key is an integer, and what refers to it has its type",
    "prefer-bigint-over-smallint": "a status of HTTP fits",
    "ban-char-field": 'it means char(n); the one byte of "char", in quotes, is another type',
    "prefer-robust-stmts": "Django writes no IF NOT EXISTS; for an index that broke off see docs/expand-contract.md",
    "RUNPYTHON_REVERSIBLE": "we never migrate backwards: a release is taken back by its code, on the newer schema",
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

excluded, names = map(json.loads, sys.argv[1:])
class Linter(MigrationLinter):
    def get_sql(self, app, name):  # a statement on one line each, as the linter expects it, however it was written
        statements = sqlparse.split(sql(app, name))
        lines = [" ".join(sqlparse.format(statement, strip_comments=True).split()) for statement in statements]
        return [line.replace("CREATE UNLOGGED TABLE", "CREATE TABLE", 1) for line in lines]

    def lint_runsql(self, operation):  # its SQL is in what get_sql returns
        return [], [], []

def sql(app, name):
    return call_command("sqlmigrate", app, name, database="owner", stdout=io.StringIO())

linter = Linter(database="owner", no_cache=True, all_warnings_as_errors=True)
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
        migration = linter.migration_loader.disk_migrations[app, name]
        ignored = [rule for rule, why in getattr(migration, "ignores", {}).items() if why]
        linter.exclude_migration_tests = excluded + ignored
        linter.lint_migration(migration)
    complaints = output.getvalue().splitlines()[1:] if linter.nb_erroneous > before else []
    told.append([app, name, ignored, timeouts + sql(app, name), complaints])
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
    environment = tree.bootstrap_environment(server, database, roles=False)
    arguments = [json.dumps(list(IGNORED)), json.dumps(list(names))]
    told = subprocess.run(
        [sys.executable, "-c", _TELL, *arguments],
        cwd=tree.folder("admin-django"),
        env=environment | {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "WARNING"},
        stdout=subprocess.PIPE, check=True, timeout=120,
    )  # fmt: skip
    found: dict[tuple[str, str], list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for app, name, ignored, text, against in json.loads(told.stdout):
            path = Path(folder) / f"{app}.{name}.sql"
            path.write_text(text, encoding="utf-8")
            found[app, name] = [line.strip() for line in against] + _squawk(path, ignored)
    return {migration: against for migration, against in found.items() if against}


def _squawk(path: Path, ignored: list[str]) -> list[str]:
    excluded = [rule for rule in (*IGNORED, *ignored) if not rule.isupper()]
    program = Path(sys.executable).with_name("squawk")
    options = ["--pg-version=18.0", "--reporter=gcc", f"--exclude={','.join(excluded)}"]
    done = subprocess.run([program, *options, path.name], cwd=path.parent, capture_output=True, text=True, timeout=60)
    lines = [line for line in done.stdout.splitlines() if line.startswith(path.name)]
    assert bool(lines) == bool(done.returncode), done.stdout + done.stderr
    return lines
