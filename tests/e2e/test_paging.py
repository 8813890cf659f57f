"""Walks through a catalogue of 3,500 items to its end."""

import re
import secrets
from collections.abc import Callable

import psycopg
import pytest

from tests.http_client import HttpClient

ROWS = 3500


@pytest.fixture(scope="module")
def category(database: psycopg.Connection) -> str:
    """A category with the catalogue's rows."""
    slug = f"paging-{secrets.token_hex(6)}"
    database.execute("INSERT INTO categories (slug, name) VALUES (%s, 'Paging')", (slug,))
    database.execute(
        "INSERT INTO items (name, description, price, category) "
        # names and prices repeat, so that pages end between equal ones
        "SELECT 'Track ' || (n * 7919 %% 1000), 'Number ' || n, (n * 31 %% 100) / 100.0 + 0.99, %s "
        "FROM generate_series(1, %s) n",
        (slug, ROWS),
    )
    return slug


def walk(
    client: HttpClient, target: str, between: Callable[[list[dict[str, object]]], object] = lambda page: None
) -> list[bytes]:
    """Return the bodies of all pages; `between` is called with each page's items before the next one is asked for."""
    pages = []
    while True:
        reply = client.get(f"/api/items/{target}")
        assert reply.status == 200, str(reply)
        pages.append(reply.body)
        link = re.fullmatch(r'<(\?[!-~]+)>; rel="next"', reply.header("Link") or "")
        if link is None:
            return pages
        between(reply.json())
        target = link[1]


def ids_in(database: psycopg.Connection, category: str, order: str) -> list[int]:
    query = f"SELECT id FROM items WHERE category = %s ORDER BY {order}"
    return [id for (id,) in database.execute(query.encode(), (category,))]


def ids_of(pages: list[bytes]) -> list[int]:
    return [int(id) for page in pages for id in re.findall(rb'\{"id":([0-9]+),"name"', page)]


@pytest.mark.parametrize(
    ("sort", "order"),
    [("id", "id"), ("-name", "name DESC, id DESC"), ("price", "price, id"), ("updated_at", "updated_at, id")],
)
def test_a_walk_in_each_framework_gives_the_same_bytes_and_every_item_once(
    sort: str, order: str, frameworks: dict[str, HttpClient], database: psycopg.Connection, category: str
) -> None:
    expected = ids_in(database, category, order)
    walks = {
        service: walk(client, f"?category={category}&sort={sort}&limit=200") for service, client in frameworks.items()
    }
    for service, pages in walks.items():
        assert ids_of(pages) == expected, service
        assert pages == walks["api-fastapi"], service


@pytest.mark.parametrize(
    ("sort", "order", "name", "price"),
    [
        ("name", "name, id", "A", "50"),  # before every "Track …"
        ("-name", "name DESC, id DESC", "Z", "50"),
        ("price", "price, id", "Z", "0"),
        ("-price", "price DESC, id DESC", "A", "99999999.99"),
        ("-id", "id DESC", "A", "50"),
        ("-updated_at", "updated_at DESC, id DESC", "A", "50"),
    ],
)
def test_rows_inserted_before_the_cursor_shift_nothing(
    sort: str, order: str, name: str, price: str, framework: HttpClient, database: psycopg.Connection, category: str
) -> None:
    expected = ids_in(database, category, order)
    inserted: list[int] = []

    def insert(page: list[dict[str, object]]) -> None:
        rows = database.execute(
            "INSERT INTO items (name, description, price, category) "
            "SELECT %s, 'Inserted during a walk', %s, %s FROM generate_series(1, 7) RETURNING id",
            (name, price, category),
        ).fetchall()
        inserted.extend(id for (id,) in rows)

    pages = walk(framework, f"?category={category}&sort={sort}&limit=150", insert)
    assert len(inserted) >= 7 * (ROWS // 150)
    database.execute("DELETE FROM items WHERE id = ANY(%s)", (inserted,))
    assert ids_of(pages) == expected


def test_removing_the_row_that_the_cursor_names_loses_no_other(
    framework: HttpClient, database: psycopg.Connection, category: str
) -> None:
    slug = f"{category}-{secrets.token_hex(3)}"
    database.execute("INSERT INTO categories (slug, name) VALUES (%s, 'Removing')", (slug,))
    database.execute(
        "INSERT INTO items (name, description, price, category) SELECT 'Same', '', 1, %s FROM generate_series(1, 60)",
        (slug,),
    )
    expected = ids_in(database, slug, "name, id")

    def remove_last(page: list[dict[str, object]]) -> None:
        database.execute("DELETE FROM items WHERE id = %s", (page[-1]["id"],))

    assert ids_of(walk(framework, f"?category={slug}&sort=name&limit=7", remove_last)) == expected
