"""The terms of items that were there before: filled in beside everybody, and nothing else happens to the items."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.boundary.databases import Connection, Server
from tests.boundary.tree import Tree
from tests.boundary.writers import SqlWriter
from tests.wait import until

COUNT = 3_000
NAMES = ["Stra\u00dfe", "cafe\u0301", "\u0130stanbul", "plain words"]
# Nothing of it may change.
SEEN = "SELECT max(version), max(updated_at), count(*) FROM items WHERE name !~ '^rolling '"
RECORDED = "SELECT count(*) FROM {} WHERE item_id IN (SELECT id FROM items WHERE name !~ '^rolling ')"
WITHOUT = "SELECT count(*) FROM items WHERE terms IS NULL"
FINDS = "SELECT count(*) FROM items WHERE terms @@ item_terms_query(%s)"
FINDS_AS_BEFORE = "SELECT count(*) FROM items WHERE search @@ item_search_query(%s)"

Older = tuple[str, dict[str, str], Connection]


def value(connection: Connection, statement: str, *parameters: object) -> Any:
    """Return the first row of a statement, or the value in it when it is one."""
    row = connection.execute(statement.encode(), parameters or None).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


@pytest.fixture
def older(server: Server, empty: str, present: Tree) -> Iterator[Older]:
    """A database with items and a column for their terms; how to go on migrating it; and its owner."""
    with server.connect("postgres", empty) as superuser:
        superuser.execute("ALTER SCHEMA public OWNER TO triptych_owner")
    environment = present.bootstrap_environment(server, empty)
    present.manage("migrate", "catalog", "0008_standbys", "--database=owner", environment=environment)
    with server.connect("triptych_owner", empty) as owner:
        owner.execute("GRANT USAGE ON SCHEMA public TO admin_django")
        owner.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON items TO admin_django")
        owner.execute("GRANT USAGE ON SEQUENCE items_id_seq, item_version TO admin_django")
        owner.execute("GRANT EXECUTE ON FUNCTION item_words, item_word_list, item_search_query TO admin_django")
        owner.execute(
            "INSERT INTO items (name, description, price)"
            " SELECT (%s::text[])[1 + n %% 4], 'number ' || n, 1 FROM generate_series(1, %s) AS n",
            [NAMES, COUNT],
        )
        present.manage("migrate", "catalog", "0009_terms_added", "--database=owner", environment=environment)
        yield empty, environment, owner


def test_items_get_their_terms_while_all_goes_on_and_nothing_else_happens_to_them(
    server: Server, older: Older, present: Tree
) -> None:
    database, environment, owner = older
    seen = value(owner, SEEN)
    assert value(owner, WITHOUT) == COUNT
    with SqlWriter(server, database) as writer:
        until(lambda: len(writer.written) > 1, what="the release before writes on")
        present.manage("migrate", "catalog", "0009_terms_indexed", "--database=owner", environment=environment)
        written = len(writer.written)
        until(lambda: len(writer.written) > written + 1, what="it still does")
    assert writer.errors == []
    assert value(owner, WITHOUT) == 0
    assert value(owner, SEEN) == seen
    assert [value(owner, RECORDED.format(table)) for table in ("item_history", "item_change")] == [COUNT, COUNT]
    assert [value(owner, FINDS, q) for q in ("STRASSE", "caf\u00e9", "istanbul", "plain")] == [COUNT // 4] * 4
    assert value(owner, FINDS_AS_BEFORE, "strasse") == COUNT // 4, "the release before finds what it found"


def test_nobody_writes_other_terms_or_keeps_a_change_to_himself(server: Server, older: Older) -> None:
    database, _, owner = older
    with server.connect("admin_django", database) as release_before:
        release_before.execute("SELECT set_config('triptych.fills_terms', 'on', false)")
        one = "INSERT INTO items (name, description, price) VALUES ('rolling', 'Caf\u00c9', 1) RETURNING id, version"
        item, version = value(release_before, one)
        assert value(owner, FINDS, "cafe\u0301 rolling") == 1
        change = "UPDATE items SET price = 2, terms = to_tsvector('mine') WHERE id = %s RETURNING version"
        assert value(release_before, change, item) > version
    assert value(owner, FINDS, "cafe\u0301 rolling") == 1
    recorded = "SELECT count(*) FROM {} WHERE item_id = %s AND op = 'U'"
    assert [value(owner, recorded.format(table), item) for table in ("item_history", "item_change")] == [1, 1]


def test_an_item_that_somebody_holds_gets_its_terms_when_it_is_let_go(
    server: Server, older: Older, present: Tree
) -> None:
    database, environment, owner = older
    with server.connect("admin_django", database) as holder, ExitStack() as stack:
        holder.execute("BEGIN")
        holder.execute("SELECT id FROM items ORDER BY id LIMIT 3 FOR UPDATE")
        bootstrap = stack.enter_context(present.running("bootstrap", environment=environment))
        present.read_until(bootstrap, "gives way")
        assert value(owner, WITHOUT) == 3
        holder.execute("ROLLBACK")
        output, _ = bootstrap.communicate(timeout=120)
        assert bootstrap.returncode == 0, output
    assert value(owner, WITHOUT) == 0
