"""Models, migrations, the snapshot and the mirrors say the same; and each gate is seen to close."""

import shutil
from pathlib import Path

import pytest

from tests.boundary import snapshot
from tests.boundary.databases import Connection, Server
from tests.boundary.mirrors import SERVICES, Column, drift, mirror, required_migration
from tests.boundary.tree import Tree


def check_migrations(tree: Tree, server: Server, database: str) -> tuple[int, str]:
    """Return the status and the output of `makemigrations --check`."""
    environment = tree.environment("admin-django", server, database)
    with tree.running("makemigrations", "--check", "--dry-run", environment=environment) as process:
        output, _ = process.communicate(timeout=60)
    return process.returncode, output


def test_the_models_need_no_further_migration(server: Server, migrated: str, present: Tree) -> None:
    assert check_migrations(present, server, migrated) == (0, "No changes detected\n")


def test_a_model_that_was_changed_without_a_migration_is_noticed(
    server: Server, migrated: str, present: Tree, tmp_path: Path
) -> None:
    changed = Tree(tmp_path)
    ignored = shutil.ignore_patterns("tests", "static", "__pycache__")
    shutil.copytree(present.folder("admin-django"), changed.folder("admin-django"), ignore=ignored)
    shutil.copytree(present.root / "shared", changed.root / "shared", ignore=ignored)
    models = changed.folder("admin-django") / "catalog" / "models.py"
    text = models.read_text(encoding="utf-8")
    longer = text.replace("name = models.CharField(max_length=100, db", "name = models.CharField(max_length=101, db")
    assert longer != text
    models.write_text(longer, encoding="utf-8")
    status, output = check_migrations(changed, server, migrated)
    assert status == 1
    assert "Alter field name on item" in output


def test_the_snapshot_is_the_schema_of_a_fresh_database(server: Server, migrated: str) -> None:
    assert snapshot.schema(server, migrated) == snapshot.GOLDEN.read_text(encoding="utf-8"), (
        "make snapshot writes it anew; a change in it is a change for every service"
    )


DRIFTS = {
    "ALTER TABLE items ALTER sku TYPE varchar(65)": "ALTER TABLE items ALTER sku TYPE varchar(64)",
    "ALTER TABLE items ALTER description DROP NOT NULL": "ALTER TABLE items ALTER description SET NOT NULL",
    "ALTER TABLE items DISABLE TRIGGER item_stamp": "ALTER TABLE items ENABLE ALWAYS TRIGGER item_stamp",
    "ALTER INDEX item_by_price RENAME TO by_price": "ALTER INDEX by_price RENAME TO item_by_price",
    "ALTER FUNCTION item_stamp() SET search_path = public": "ALTER FUNCTION item_stamp() RESET search_path",
    "REVOKE SELECT ON items FROM api_fastapi": "GRANT SELECT ON items TO api_fastapi",
    "GRANT SELECT ON item_history TO simple_flask": "REVOKE SELECT ON item_history FROM simple_flask",
}


def test_a_schema_that_drifts_differs_from_the_snapshot(server: Server, copy: str) -> None:
    golden = snapshot.GOLDEN.read_text(encoding="utf-8")
    with server.connect("postgres", copy) as superuser:
        for change, back in DRIFTS.items():
            superuser.execute(change.encode())
            assert snapshot.schema(server, copy) != golden, change
            superuser.execute(back.encode())
    assert snapshot.schema(server, copy) == golden


@pytest.fixture(scope="module")
def mirrors(present: Tree) -> dict[str, list[Column]]:
    """The columns that each service's code believes in."""
    return {service: mirror(service, present) for service in SERVICES}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_sees_the_tables_as_they_are(
    service: str, mirrors: dict[str, list[Column]], superuser: Connection
) -> None:
    assert {"items", "categories"} <= {column.table for column in mirrors[service]}
    assert drift(mirrors[service], superuser) == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_waits_for_the_migrations_that_its_mirror_needs(
    service: str, mirrors: dict[str, list[Column]], server: Server, empty: str, present: Tree
) -> None:
    required = required_migration(service, present)
    with server.connect("postgres", empty) as superuser:
        superuser.execute("ALTER SCHEMA public OWNER TO triptych_owner")
        environment = present.bootstrap_environment(server, empty)
        present.manage("migrate", "catalog", required, "--database=owner", environment=environment)
        missing = drift(mirrors[service], superuser)
    assert missing == [], f"{service} is ready after {required}, which has not made them yet: name a later migration"


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("ALTER TABLE items ALTER sku TYPE varchar(65)", "sku"),
        ("ALTER TABLE items ALTER sku TYPE text", "sku"),
        ("ALTER TABLE items ALTER price TYPE numeric(10, 3)", "price"),
        ("ALTER TABLE items ALTER price TYPE numeric", "price"),
        ("ALTER TABLE items ALTER created_at TYPE timestamptz(3)", "created_at"),
        ("ALTER TABLE items ALTER created_at TYPE timestamp", "created_at"),
        ("ALTER TABLE items ALTER version TYPE integer", "version"),
        ("ALTER TABLE items ALTER price DROP NOT NULL", "price"),
        ("UPDATE items SET sku = ''; ALTER TABLE items ALTER sku SET NOT NULL", "sku"),
        ('ALTER TABLE items ALTER sku TYPE varchar(64) COLLATE "POSIX"', "sku"),
        ("ALTER TABLE items RENAME price TO cost", "price"),
        ("ALTER TABLE items DROP COLUMN terms", "terms"),
    ],
)
@pytest.mark.parametrize("service", SERVICES)
def test_a_mirror_that_drifts_is_named(
    service: str, change: str, column: str, mirrors: dict[str, list[Column]], superuser: Connection
) -> None:
    with superuser.transaction(force_rollback=True):
        superuser.execute(change.encode())
        found = drift(mirrors[service], superuser)
    assert [f"name='{column}'" in each for each in found] == [True]
