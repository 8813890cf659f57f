"""The worked example of docs/expand-contract.md: its SQL is run, and both releases' code tried at every step."""

import re
from collections.abc import Iterator

import psycopg
import pytest

from tests.boundary.databases import Connection, Server
from tests.boundary.tree import ROOT

OLD, NEW = "name", "title"


def steps(kind: str) -> list[bytes]:
    """Return the example's blocks of one kind, in order."""
    text = (ROOT / "docs" / "expand-contract.md").read_text(encoding="utf-8")
    return [block.encode() for block in re.findall(rf"^```sql {kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]


@pytest.fixture
def owner(server: Server, copy: str) -> Iterator[Connection]:
    """The owner in a database of the test's own, with two categories in it."""
    with server.connect("triptych_owner", copy) as owner:
        owner.execute("INSERT INTO categories (slug, name) VALUES ('first', 'First'), ('second', 'Second')")
        yield owner


@pytest.fixture
def service(server: Server, copy: str, owner: Connection) -> Iterator[Connection]:
    """A connection as admin_django."""
    with server.connect("admin_django", copy) as service:
        yield service


def write(service: Connection, column: str, slug: str) -> None:
    """Insert and change a category, as code does it that knows only this column."""
    service.execute(f"INSERT INTO categories (slug, {column}) VALUES (%s, 'New')".encode(), [slug])
    service.execute(f"UPDATE categories SET {column} = 'Changed' WHERE slug = %s".encode(), [slug])


def read(service: Connection, column: str) -> dict[str, str]:
    """Return what code sees that knows only this column."""
    return dict(service.execute(f"SELECT slug, {column} FROM categories".encode()).fetchall())


def test_both_releases_read_and_write_at_every_step(owner: Connection, service: Connection) -> None:
    for step in steps("expand"):
        owner.execute(step)
    write(service, OLD, "by-old")
    assert read(service, OLD)["by-old"] == read(service, NEW)["by-old"] == "Changed"

    (fill,) = steps("fill")
    while owner.execute(fill).rowcount:
        pass
    assert read(service, OLD) == read(service, NEW)
    write(service, NEW, "by-new")
    write(service, OLD, "by-old-again")
    service.execute("UPDATE categories SET name = 'First again' WHERE slug = 'first'")
    service.execute("UPDATE categories SET title = 'Second again' WHERE slug = 'second'")
    assert read(service, OLD) == read(service, NEW)
    everything = read(service, NEW)

    for step in steps("contract"):
        owner.execute(step)
        write(service, NEW, f"at-{len(read(service, NEW))}")
    assert everything.items() <= read(service, NEW).items()
    with pytest.raises(psycopg.errors.NotNullViolation):
        service.execute("INSERT INTO categories (slug) VALUES ('without')")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        read(service, OLD)
