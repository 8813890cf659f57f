"""The fast path's statements: SQL that makes the finished JSON, so that no row becomes a Python object.

Numbered parameters, as libpq takes them. The declared routes have statements of their own (`item_queries`), made by
SQLAlchemy; the tests compare what the two answer.
"""

from functools import cache

# An item's members in the contract's order; `concat` is the fastest way to put them together, and skips nothing because
# nothing here is NULL. Only what people wrote needs `to_json`: a slug has no character that JSON escapes.
_JSON = """concat(
    '{"id":', id, ',"name":', to_json(name), ',"description":', to_json(description), ',"price":"', price,
    '","sku":', coalesce(to_json(sku)::text, 'null'), ',"category":', coalesce('"' || category || '"', 'null'),
    ',"version":', version,
    ',"created_at":"', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    '","updated_at":"', to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '"}'
)"""

# $1: ids. A row for each of them, also for those that are not there: that they are not is seen in the same snapshot.
ITEMS = f"""
SELECT wanted.id, version, {_JSON.replace("id,", "items.id,", 1)}, seen.snapshot
FROM unnest($1::bigint[]) AS wanted (id)
CROSS JOIN (SELECT pg_current_snapshot()::text AS snapshot OFFSET 0) AS seen
LEFT JOIN items ON items.id = wanted.id
""".encode()

_TYPES = {"id": "bigint", "name": 'text COLLATE "C"', "price": "numeric", "updated_at": "timestamptz"}
# A filter's condition, by the number of its parameter.
_CONDITIONS = {
    "category": "category = ${}::text",
    "max_price": "price <= ${}::numeric",
    "min_price": "price >= ${}::numeric",
    "q": "terms @@ item_terms_query(${}::text)",
}


# The planner's settings for pages along an index, and for single items: one plan for all values. It must be the walk
# whatever it would cost with values of which nothing is known: those that sort a whole category first, or scan all, are
# left out.
GENERIC_PLAN = "force_generic_plan" + "".join(
    f" -c enable_{way}=off" for way in ("sort", "incremental_sort", "bitmapscan", "seqscan")
)
# And for all others: a plan for each statement's own values.
CUSTOM_PLAN = "force_custom_plan"


def along_an_index(sort: str, filters: frozenset[str]) -> bool:
    """Tell whether an index has the rows that these filters leave next to each other, in the order of the sort."""
    return filters <= _bounding(sort.removeprefix("-"))


def _bounding(column: str) -> set[str]:
    """Return the filters that bound a walk along the index of a sort; the others leave rows out on the way.

    For each sort there is an index on its columns, and one that begins with the category.
    """
    return {"category", "min_price", "max_price"} if column == "price" else {"category"}


@cache
def page(sort: str, filters: frozenset[str], after: bool) -> bytes:
    """Return the statement of one page.

    Its parameters: the number of rows, the filters in alphabetical order, and with `after` the value and the id of the
    last row of the page before (of sort `id` the id only). Its one row: the rows' JSON joined by commas, their number,
    and the snapshot in which they were read.
    """
    column = sort.removeprefix("-")
    direction = "DESC" if sort.startswith("-") else "ASC"
    key = ["id"] if column == "id" else [column, "id"]
    numbered = dict(zip(sorted(filters), range(2, 2 + len(filters)), strict=True))
    conditions = [_CONDITIONS[name].format(number) for name, number in numbered.items()]
    last = None
    if after:
        last = [f"${number}::{_TYPES[name]}" for number, name in enumerate(key, 2 + len(filters))]
    bounds = _bounds(key, direction, numbered, last)
    if "category" in filters:
        key = ["category", *key]
    order = ", ".join(f"{name} {direction}" for name in key)
    rows = _walk(bounds, order) if along_an_index(sort, filters) else _search(conditions, bounds, order)
    return f"""
        SELECT coalesce(string_agg({_JSON}, ','), ''), count(*), pg_current_snapshot()::text
        FROM ({rows}) AS page
    """.encode()


def _bounds(key: list[str], direction: str, numbered: dict[str, int], last: list[str] | None) -> list[str]:
    """Return between which entries of an index on `key`, or on the category and `key`, a walk goes.

    `numbered` has the filters with the numbers of their parameters, `last` the values after which the walk begins.
    Both ends are rows of values. A category is not compared with `=`: a plan for all categories would take any to be as
    large as others, walk along the index without it, and read the whole table for a small one.
    """
    category = f"${numbered['category']}::text" if "category" in numbered else None
    prices = {">": numbered.get("min_price"), "<": numbered.get("max_price")} if key[0] == "price" else {}
    begin, end = (">", "<") if direction == "ASC" else ("<", ">")
    bounds = []
    for sign, values in ((begin, last), (end, None)):
        if values is not None:
            bounds.append(_beyond(category, key, sign, values))
        price = prices.get(sign)
        if price is not None:
            bounds.append(_beyond(category, ["price"], f"{sign}=", [f"${price}::numeric"]))
        elif values is None and category is not None:
            bounds.append(f"category {sign}= {category}")
    return bounds


def _beyond(category: str | None, columns: list[str], sign: str, values: list[str]) -> str:
    """Return the comparison of a row with values, in a category where there is one."""
    if category is not None:
        columns, values = ["category", *columns], [category, *values]
    return f"({', '.join(columns)}) {sign} ({', '.join(values)})"


def _walk(bounds: list[str], order: str) -> str:
    return f"SELECT * FROM items {_where(bounds)} ORDER BY {order} LIMIT $1"


def _where(conditions: list[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def _search(conditions: list[str], bounds: list[str], order: str) -> str:
    """Return the page of filters that no index serves together with the sort.

    Where matches are frequent, a walk along the sort finds a page soon; where they are rare, it is better to find all
    of them and sort. Which is the case the planner guesses wrongly for words that seldom or always come together, and
    then reads the whole table. So a short walk finds out; a longer one follows where that found some, and where neither
    found enough for a page, there are so few that all can be found and sorted.
    """
    here = f"SELECT * FROM items {_where(bounds)} ORDER BY {order}"
    matching = _where(conditions)
    return f"""
        WITH near AS MATERIALIZED (
            SELECT * FROM ({here} LIMIT 500) AS walked {matching} LIMIT $1
        ), far AS MATERIALIZED (
            SELECT * FROM (
                {here} LIMIT (SELECT CASE WHEN count(*) >= 5 AND count(*) < $1 THEN 5000 ELSE 0 END FROM near)
            ) AS walked {matching} LIMIT $1
        ), everywhere AS MATERIALIZED (
            SELECT * FROM items {matching}
            AND (SELECT count(*) FROM near) < $1 AND (SELECT count(*) FROM far) < $1
        )
        SELECT * FROM near WHERE (SELECT count(*) FROM near) = $1
        UNION ALL
        SELECT * FROM far WHERE (SELECT count(*) FROM far) = $1
        UNION ALL
        (SELECT * FROM everywhere {_where(bounds)} ORDER BY {order} LIMIT $1)
    """
