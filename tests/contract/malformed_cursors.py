"""Cursors that no service has written, and some that one could have."""

import random
from collections.abc import Callable

from tests.contract.oracle.rows import ItemRow, timestamp

VALUES: list[object] = [
    None, True, False, 0, -1, 1.0, 10**30, 2**63, 2**63 - 1, 1e400, "", "\0", "a\0b", "x" * 100, "x" * 101,
    "🫖" * 100, "🫖" * 101, "\u0001\u001f", "\u2028",
    "0", "0.0", "0.00", "00.00", "1.00", "01.00", "-1.00", "+1.00", "1.0", "1.000", "99999999.99",
    "100000000.00", "1e2.00", "NaN", "Infinity", "١.٠٠", "1.00\n", " 1.00",
    "2026-01-31T08:30:00.000000Z", "2026-02-30T08:30:00.000000Z", "2026-01-31T24:00:00.000000Z",
    "2026-01-31T23:59:60.000000Z", "2026-01-31T08:30:00Z",
    "2026-01-31T08:30:00.000000+00:00", "2026-01-31 08:30:00.000000Z", "0000-01-01T00:00:00.000000Z",
    "0001-01-01T00:00:00.000000Z",
    "9999-12-31T23:59:59.999999Z", "10000-01-01T00:00:00.000000Z", "2026-01-31T08:30:00.000000Z\n",
    "２026-01-31T08:30:00.000000Z", "2024-02-29T00:00:00.000000Z",
    "2023-02-29T00:00:00.000000Z", "infinity", "epoch", [], {}, ["x"],
]  # fmt: skip


def documents(sort: str, digest: str, row: ItemRow) -> list[object]:
    """Return documents of a cursor, right and almost right, for a request with this sort and these filters."""
    value = row.document()[sort.lstrip("-")]
    ids: list[object] = [0, -1, 1, True, 1.0, 2**63 - 1, 2**63, 10**30, "1", None, []]
    forms: list[object] = [0, 2, True, 1.0, "1", None, -1]
    return [
        *([1, sort, digest, other, row.id] for other in VALUES),
        *([1, sort, digest, value, id] for id in ids),
        *([1, sort, digest, id, id] for id in ids),
        *([form, sort, digest, value, row.id] for form in forms),
        *([1, sort, mark, value, row.id] for mark in ["", "0" * 16, None, 0, digest.upper(), digest + " "]),
        *([1, other, digest, value, row.id] for other in ["-" + sort, sort.upper(), None, [sort], ""]),
        [1, sort, digest, True, 1],
        [1, sort, digest, float(row.id), row.id],
        [1, sort, digest, value],
        [1, sort, digest, value, row.id, None],
        {"1": sort},
        [],
        [[[[[]]]]],
        "text",
        1,
        None,
        [1, sort, digest, timestamp(row.created_at), row.id],
        [1, sort, digest, row.name, row.id],
        [1, sort, digest, f"{row.price:.2f}", row.id],
    ]


# A cursor's JSON text, written otherwise than a service writes it.
TEXTS: list[Callable[[bytes], bytes]] = [
    lambda text: text,
    lambda text: text.replace(b",", b", "),
    lambda text: b" " + text,
    lambda text: text + b"\n",
    lambda text: text.replace(b'"', b"'"),
    lambda text: text.decode().encode("utf-16"),
    lambda text: b"\xef\xbb\xbf" + text,
    lambda text: text[:-1] + b",1]",
    lambda text: text[:-1] + b".0]",
    lambda text: text[:-1] + b"e0]",
    lambda text: text[:-1] + b"9" * 300 + b"]",
    lambda text: text.replace(b"[1,", b"[01,"),
    lambda text: text.replace(b"[1,", b"[-1,"),
    lambda text: text.replace(b"[1,", b"[NaN,"),
    lambda text: text.replace(b"[1,", b"[1e0,"),
    lambda text: text.replace(b'"', b'"\\u0069', 1),
    lambda text: text.replace(b'",', b'\\ud800",'),
    lambda text: text.replace(b'",', b'\xff",'),
    lambda text: text.replace(b'",', b'\xed\xa0\x80",'),
    lambda text: text.replace(b"a", b"\\u0061"),
    lambda text: text.decode().encode("ascii", "backslashreplace"),
    lambda text: text.replace(b"/", b"\\/"),
    lambda text: b"[" * 700,
    lambda text: b"[" * 300 + b"]" * 300,
    lambda text: b'{"a":' * 100,
    lambda text: b"",
    lambda text: b"\0",
    lambda text: text + text,
]


def damaged(cursor: str, chance: random.Random) -> str:
    """Return the cursor with one thing about its text wrong."""
    place = chance.randrange(len(cursor))
    other = chance.choice("ABab01-_")
    return chance.choice(
        [
            cursor[:place],
            cursor[:place] + other + cursor[place + 1 :],
            cursor[:place] + other + cursor[place:],
            cursor[:-1] + chr(ord(cursor[-1]) + 1),
            cursor + "=",
            cursor + "==",
            cursor + "A",
            cursor + "\n" if chance.random() < 0.2 else cursor + " ",
            cursor[:place] + "." + cursor[place:],
            cursor.swapcase(),
            cursor * 2,
        ]
    )
