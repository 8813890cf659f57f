"""What is asked: W1 to W6, and what they are made from."""

import random
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

import psycopg

from bench.api_styles import Change, Rest, cursor

ZIPF = 0.99  # the skew that YCSB uses
HOT = 1_000
SHARE_OF_WRITES = 0.05


@dataclass(frozen=True)
class Workload:
    """What a window asks: which reads, of which items, by how many connections, and what is written meanwhile."""

    key: str
    title: str
    read: str = "item"
    skew: float = 0.0
    hottest: int | None = None  # only of the first so many items
    connections: int = 32
    http_writes: bool = False  # SHARE_OF_WRITES of the requests change an item
    sql_writes: bool = False  # as many changes by SQL, past the server
    hot_key_writes: int = 0  # changes a second, by SQL, of the items that are checked for staleness
    longer: int = 1  # so many times an ordinary window


UNIFORM = Workload("uniform", "W1: single items, all equally likely (cold)")
ZIPFIAN = Workload("zipf", "W2: single items by Zipf's law, exponent 0.99 (hot)", skew=ZIPF)
HOTTEST = Workload("hottest", "W2, the 1,000 hottest items only", skew=ZIPF, hottest=HOT)
ONE = Workload("one", "one hot item", hottest=1)
SHALLOW = Workload("shallow", "W3: lists of 50, near the beginning", read="shallow")
DEEP = Workload("deep", "W3: lists of 50, deep", read="deep")
SEARCH = Workload("search", "W4: search, the first 50 with one or two words", read="search")
MIX = Workload("mix", "W5: 95 % reads by Zipf's law, 5 % writes by HTTP", skew=ZIPF, http_writes=True, longer=3)
MIX_SQL = Workload("mix-sql", "W5: the same reads, 5 % writes by SQL", skew=ZIPF, sql_writes=True, longer=3)
WRITTEN = Workload("written", "W6: one hot item, written 50 times a second", hottest=1, hot_key_writes=50, longer=3)
FEED = Workload("feed", "one hot item, written 200 times a second", hottest=1, hot_key_writes=200, longer=3)
ALL = (UNIFORM, ZIPFIAN, HOTTEST, ONE, SHALLOW, DEEP, SEARCH, MIX, MIX_SQL, WRITTEN, FEED)

# One page at a time, first against last, as the contract's walks go: by id, by price in a category, and with a word.
WALKS = {
    "by id": ("id", {}),
    "by price in a category": ("price", {"category": "kitchen"}),
    "by price with a word": ("price", {"q": "oak"}),
}


def at_depth(walk: str, depth: str) -> Workload:
    """Return the workload of the first or the last page of one of WALKS."""
    return Workload(f"{depth} page {walk}", f"{depth} page {walk}", read=f"{depth} {walk}", connections=1)


@dataclass(frozen=True)
class Scene:
    """The database as the workloads know it: items 1 to `count`, words that they have, and where the walks end."""

    count: int
    words: tuple[str, ...]
    ends: dict[str, str]

    def reads(self, workload: Workload, dialect: Rest) -> list[str]:
        """Return the targets that a window chooses from; none where the server has no such thing."""
        chance = random.Random(workload.key)
        match workload.read:
            case "item":
                return [dialect.item()]
            case "shallow":
                return [dialect.page(chance.randrange(1, self.count // 100)) for _ in range(5_000)]
            case "deep":
                return [dialect.page(chance.randrange(self.count * 9 // 10, self.count - 60)) for _ in range(5_000)]
            case "search":
                found = [dialect.search(words) for words in self.words]
                return [each for each in found if each is not None]
            case page:
                depth, _, walk = page.partition(" ")
                sort, filters = WALKS[walk]
                more = {"cursor": self.ends[walk]} if depth == "last" else {}
                return [f"/api/items/?{urlencode({**filters, 'sort': sort, **more})}"]

    def largest(self, workload: Workload) -> int:
        """Return the highest id that a window asks for."""
        return min(workload.hottest or self.count, self.count)


def look(connection: psycopg.Connection[tuple[object, ...]], count: int) -> Scene:
    """Return the scene of a database with so many items."""
    chance, words = random.Random(1), []
    ids = [chance.randrange(1, count) for _ in range(400)]
    for (name,) in connection.execute("SELECT name FROM items WHERE id = ANY(%s) ORDER BY id", [ids]).fetchall():
        own = [word for word in str(name).replace(",", " ").split() if word.isascii() and len(word) > 2]
        words.append(" ".join(chance.sample(own, min(len(own), chance.choice((1, 2))))))
    ends = {}
    for walk, (sort, filters) in WALKS.items():
        conditions = {"category": "category = %(category)s", "q": "terms @@ item_terms_query(%(q)s)"}
        where = " AND ".join(["true", *(conditions[name] for name in filters)])
        sql = f"""
            SELECT {sort}, id
            FROM (SELECT *, ntile(20) OVER (ORDER BY {sort}, id) AS part FROM items WHERE {where}) AS walked
            WHERE part = 20 ORDER BY {sort}, id LIMIT 1
        """
        row = connection.execute(sql.encode(), filters).fetchone()
        if row is None:
            raise ValueError(f"no item is in the walk {walk}")
        value = str(row[0]) if isinstance(row[0], Decimal) else row[0]
        ends[walk] = cursor(sort, filters, value, int(str(row[1])))
    return Scene(count, tuple(words), ends)


def change_of(workload: Workload, dialect: Rest) -> Change | None:
    """Return how the window changes items, None where it only reads."""
    return dialect.change if workload.http_writes else None
