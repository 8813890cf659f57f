"""Migrations that would break the release before them are refused, and those of this release are not."""

import shutil
from pathlib import Path

from tests.boundary.databases import Server
from tests.boundary.migrations import complaints, edited_since, newer_than
from tests.boundary.release import previous_release
from tests.boundary.tree import Tree

BREAKING = {
    "renames_a_column": 'migrations.RenameField("itemhistory", "actor", "who")',
    "drops_a_column": 'migrations.RemoveField("itemhistory", "op")',
    "requires_a_column_that_old_code_does_not_fill": (
        'migrations.AddField("itemhistory", "note", models.TextField(default=""))'
    ),
    "changes_a_type": 'migrations.AlterField("itemhistory", "version", models.IntegerField())',
    "requires_what_was_optional": 'migrations.RunSQL("ALTER TABLE items ALTER COLUMN sku SET NOT NULL")',
    "renames_a_table": 'migrations.AlterModelTable("itemhistory", "history")',
    "drops_a_table": 'migrations.DeleteModel("ItemHistory")',
    "checks_every_row_under_a_lock": (
        'migrations.AddConstraint("item", models.CheckConstraint(condition=models.Q(version__gt=0), name="positive"))'
    ),
    "keeps_writers_out_while_it_indexes": (
        'migrations.AddIndex("item", models.Index(fields=["created_at"], name="item_by_created_at"))'
    ),
    "makes_a_key_of_a_column_under_a_lock": (
        'migrations.AddConstraint("item", models.UniqueConstraint(fields=["name"], name="one_of_a_name"))'
    ),
}
EXPANDING = {
    "adds_an_optional_column": 'migrations.AddField("category", "note", models.TextField(null=True))',
    "adds_a_column_that_fills_itself": 'migrations.AddField("category", "rank", models.BigIntegerField(db_default=0))',
    "indexes_without_a_lock": (
        'AddIndexConcurrently("item", models.Index(fields=["updated_at"], name="item_by_change"))'
    ),
    "adds_a_table": 'migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))])',
}
UNUSED = dict.fromkeys(["DROP_COLUMN", "DROP_TABLE", "ban-drop-column", "ban-drop-table"], "unused since 0.1.0")
CONTRACTING = {
    "drops_what_is_unused": 'migrations.RemoveField("idempotencykey", "body")',
    "drops_a_table_that_is_unused": 'migrations.DeleteModel("Shelf")',
}
FORM = """
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

class Migration(migrations.Migration):
    atomic = {atomic}
    ignores = {ignores}
    dependencies = [("catalog", "{before}")]
    operations = [{operation}]
"""


def test_nothing_speaks_against_the_migrations_of_this_release(server: Server, migrated: str, present: Tree) -> None:
    names = newer_than(previous_release(), present)
    assert complaints(names, present, server, migrated) == {}


def test_a_released_migration_stays_as_it_is() -> None:
    assert edited_since(previous_release()) == []


def test_a_migration_that_breaks_the_release_before_it_is_refused(
    server: Server, migrated: str, present: Tree, tmp_path: Path
) -> None:
    changed = Tree(tmp_path)
    ignored = shutil.ignore_patterns("tests", "static", "__pycache__")
    shutil.copytree(present.folder("admin-django"), changed.folder("admin-django"), ignore=ignored)
    shutil.copytree(present.root / "shared", changed.root / "shared", ignore=ignored)
    folder = changed.folder("admin-django") / "catalog" / "migrations"
    before = max(path.stem for path in folder.glob("0*.py"))
    names = []
    for number, (name, operation) in enumerate({**BREAKING, **EXPANDING, **CONTRACTING}.items()):
        stem = f"9{number:03}_{name}"
        atomic, ignores = "Concurrently" not in operation, UNUSED if name in CONTRACTING else {"DROP_COLUMN": ""}
        text = FORM.format(atomic=atomic, ignores=ignores, before=before, operation=operation)
        (folder / f"{stem}.py").write_text(text, encoding="utf-8")
        names.append(("catalog", stem))
        before = stem
    refused = complaints(names, changed, server, migrated)
    assert {name.partition("_")[2] for _, name in refused} == set(BREAKING)
