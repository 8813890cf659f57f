"""The items that the contract tests ask about: difficult values, inserted for each run and marked with a word."""

import random
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import psycopg
from psycopg.rows import class_row

from tests.contract.oracle import Catalogue, CategoryRow, ItemRow

NAMES = [
    "Enamel mug",
    "enamel mug",
    "ENAMEL MUG",
    "Enamel mug",  # a tie
    'Mug "Ship\'s bell"',
    "back\\slash\\n",
    "<b>bold</b> & co; --",
    "line\u2028separator\u2029paragraph",
    "tab\tnewline\nreturn\rbell\x07escape\x1b",
    "delete\x7fnext\x85no-break\xa0space",
    "Fußball-Schuh",
    "FUSSBALL",
    "caf\u00e9 cr\u00e8me",  # composed
    "cafe\u0301 cre\u0300me",  # decomposed: other code points, the same words
    "İstanbul ışık",
    "हिन्दी ที่นี่ Vie\u0323\u0302t \u1112\u1161\u11ab",
    "ΟΔΥΣΣΕΥΣ ὀδυσσεύς",
    "Тёплый свитер",
    "כוס תה",
    "كوب شاي ٢٥",
    "茶碗 ちゃわん",
    "찻잔",
    "\ufb01ne \u01c5ungla",
    "👩‍👩‍👧‍👦 family 🏳️‍🌈",
    "🫖" * 100,
    "x" * 100,
    "\U0010fffd last plane",
    "\ufeffbyte order mark",
    "\u202eoverride\u202c",
    "100% {json} [list] $1 ?",
    "0",
    "~",
    " leading and trailing ",
    'Tee "茶" \u2028\N{ROCKET}',
    "a\tb\\/\x7f\u0001\x1f<é>",
    # what looks like a part of an item's JSON
    '{"id":1,"version":2,"created_at":"',
    '","category":null,"version":1,"',
    "\b\f\r\n",
    "İß",
]
DESCRIPTIONS = [
    "",
    "Plain words, well-known.",
    "Quotes \" and ' and \\ and / and </script>",
    "Two\nlines\r\nand\ta tab\x0b\x0c\x08\x1f",
    "Ünïcödé – “quoted” … \u2028\u2029\ufeff\ufffe",
    "e\u0301\u0302\u0323 stacked",
    "long " * 400,
    "null true 1e999 NaN",
]
PRICES = ["0.00", "0.01", "0.10", "9.99", "10.00", "10.00", "10.01", "99.90", "12345678.90", "99999999.99"]
MOMENTS = [
    datetime(2024, 2, 29, 23, 59, 59, 0, UTC),
    datetime(2024, 2, 29, 23, 59, 59, 999999, UTC),
    datetime(2024, 2, 29, 23, 0, 0, 0, timezone(timedelta(hours=-5))),  # in UTC of the next month
    datetime(1999, 12, 31, 12, 0, 0, 1, UTC),
    datetime(1, 1, 1, 0, 0, 0, 0, UTC),
    datetime(9999, 12, 31, 23, 59, 59, 123000, UTC),
]


@dataclass(frozen=True)
class Fixtures:
    """The rows of one run: `marker` is a word of each, `categories` are theirs alone."""

    marker: str
    categories: tuple[str, ...]
    catalogue: Catalogue


def lay_out(database: psycopg.Connection, chance: random.Random, count: int = 160) -> Fixtures:
    """Insert `count` items, each different, as chance has it, and read them back."""
    marker = f"m{secrets.token_hex(6)}"
    categories = (f"{marker}-a", f"{marker}-b", f"-{marker}-")
    with database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO categories (slug, name) VALUES (%s, %s)",
            [(slug, f'Category "{slug}" ☕') for slug in categories],
        )
        batches = [range(start, min(start + 20, count)) for start in range(0, count, 20)]
        for batch in batches:
            # one statement for many rows: their updated_at are equal
            cursor.execute(
                "INSERT INTO items (name, description, price, sku, category, created_at) VALUES "
                + ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(batch)),
                [value for number in batch for value in _item(number, marker, categories, chance)],
            )
    return Fixtures(marker, categories, read(database, marker, categories))


def _item(number: int, marker: str, categories: tuple[str, ...], chance: random.Random) -> tuple[object, ...]:
    price = PRICES[number % len(PRICES)] if number < 100 else Decimal(chance.randrange(10000)) / 100
    return (
        NAMES[number % len(NAMES)],
        f"{marker} {chance.choice(DESCRIPTIONS)}",
        price,
        None if number % 3 == 0 else f'{marker}-{number} "ß"',
        [None, *categories[:2]][number % 3],
        chance.choice(MOMENTS),
    )


def read(database: psycopg.Connection, marker: str, categories: tuple[str, ...]) -> Catalogue:
    """Return the rows of the marker and the categories as the database holds them."""
    with database.cursor(row_factory=class_row(ItemRow)) as items:
        found = items.execute(
            "SELECT id, name, description, price, sku, category, version, created_at, updated_at FROM items "
            "WHERE description LIKE %s OR category = ANY(%s)",
            (f"{marker} %", list(categories)),
        ).fetchall()
    with database.cursor(row_factory=class_row(CategoryRow)) as slugs:
        return Catalogue(
            found,
            slugs.execute(
                "SELECT slug, name, (SELECT count(*) FROM items WHERE category = slug) AS count FROM categories"
            ).fetchall(),
        )
