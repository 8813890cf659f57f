"""The history records rows as it always did, whatever writes them; and no column of an item is forgotten in it."""

import random
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.boundary.databases import Connection, Server
from tests.boundary.tree import Tree

SQL = "catalog/sql"
WRITES = 60
RECORDED = "SELECT op, before::text, after::text FROM item_history WHERE id > %s ORDER BY item_id, id"


def functions(present: Tree, *files: str) -> dict[str, str]:
    """Return the last definition of each function in these files of SQL, in their order."""
    texts = [(present.folder("admin-django") / SQL / file).read_text(encoding="utf-8") for file in files]
    found = re.findall(
        r"^CREATE (?:OR REPLACE )?(FUNCTION (\w+)\(.*?^\$\$);", "\n".join(texts), re.DOTALL | re.MULTILINE
    )
    return {name: f"CREATE OR REPLACE {text}" for text, name in found}


@pytest.fixture
def owner(server: Server, copy: str) -> Iterator[Connection]:
    """Whoever may replace the functions."""
    with server.connect("triptych_owner", copy) as connection:
        connection.execute("INSERT INTO categories (slug, name) VALUES ('a', 'A'), ('b', 'B')")
        yield connection


def text(chance: random.Random) -> str:
    """Return a text with what JSON escapes, and with what is beyond."""
    return "".join(chance.choices('ab "\\/\n\t\x01é\u2028😀0.', k=chance.randrange(1, 30)))


def values(chance: random.Random) -> dict[str, Any]:
    """Return the values of an item."""
    return {
        "name": text(chance),
        "description": chance.choice(["", text(chance), text(chance) * 500]),
        "price": Decimal(chance.choice([0, 5, 50, 1450, 9_999_999_999])) / 100,
        "sku": chance.choice([None, f"{chance.random()}"]),
        "category": chance.choice([None, "a", "b"]),
    }


def write(owner: Connection, seed: int) -> list[tuple[Any, ...]]:
    """Insert, change and delete items, the same for the same seed, and return what was recorded."""
    chance = random.Random(seed)
    one = owner.execute("SELECT coalesce(max(id), 0) FROM item_history").fetchone()
    assert one is not None
    for _ in range(WRITES):
        new = values(chance)
        owner.execute(
            f"INSERT INTO items ({', '.join(new)}) VALUES ({', '.join(['%s'] * len(new))})", list(new.values())
        )
    owner.execute("UPDATE items SET name = name")
    for item, *_ in owner.execute("SELECT id FROM items ORDER BY id").fetchall():
        new = values(chance)
        changed = chance.sample(sorted(new), chance.randrange(1, 6))
        assignments = ", ".join(f"{name} = %s" for name in changed)
        owner.execute(
            f"UPDATE items SET {assignments} WHERE id = %s".encode(), [*(new[name] for name in changed), item]
        )
    owner.execute("UPDATE items SET category = 'a', price = round(price / 2, 2)")
    owner.execute("DELETE FROM items")
    return owner.execute(RECORDED, [one[0]]).fetchall()


def test_the_same_bytes_are_recorded_as_before(owner: Connection, present: Tree) -> None:
    before = functions(present, "0002_history.sql", "0009_terms.sql")
    recorded = write(owner, seed=1)
    for name in ("item_history_update", "item_history_delete"):
        owner.execute(before[name].encode())
    assert write(owner, seed=1) == recorded
    assert {op for op, *_ in recorded} == {"I", "U", "D"} and len(recorded) > 4 * WRITES


def test_a_column_that_is_added_is_recorded(owner: Connection) -> None:
    owner.execute("ALTER TABLE items ADD COLUMN weight_grams integer, ADD COLUMN twice integer GENERATED ALWAYS AS (2)")
    owner.execute("INSERT INTO items (name, price, description, weight_grams) VALUES ('a', 1, '', 5)")
    owner.execute("UPDATE items SET weight_grams = 6")
    owner.execute("UPDATE items SET weight_grams = NULL")
    owner.execute("DELETE FROM items")
    *_, first, second, deletion = owner.execute(RECORDED, [0]).fetchall()
    assert first == ("U", '{"weight_grams": 5}', '{"weight_grams": 6}')
    assert second == ("U", '{"weight_grams": 6}', '{"weight_grams": null}')
    assert '"weight_grams": null' in deletion[1]


def test_what_is_not_recorded_is_what_nobody_writes(superuser: Connection) -> None:
    """Generated columns among it: in a trigger, a virtual one is null."""
    query = (
        "SELECT attname, attgenerated <> '', attname = ANY (item_unrecorded()) FROM pg_attribute"
        " WHERE attrelid = 'items'::regclass AND attnum > 0 AND NOT attisdropped"
    )
    columns = superuser.execute(query).fetchall()
    named = superuser.execute("SELECT unnest(item_unrecorded())").fetchall()
    assert {name for name, _, unrecorded in columns if unrecorded} == {name for (name,) in named}
    assert [name for name, generated, unrecorded in columns if generated and not unrecorded] == []
