"""The statements about items, which SQLAlchemy builds from the tables.

Postgres writes the finished JSON, so that no row becomes a Python object; what the process needs to know beside the
bytes comes as columns.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    Column,
    ColumnElement,
    CompoundSelect,
    DateTime,
    FromClause,
    Numeric,
    ScalarSelect,
    Select,
    String,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.types import TypeEngine

from api_fastapi.database.plans import along_an_index
from api_fastapi.database.tables import items

# The members of an item in the contract's order; `terms` is for searching only.
MEMBERS = [column for column in items.c if column is not items.c.terms]

# What a page may be sorted by, and filtered by.
SORTED = ("id", "name", "price", "updated_at")
FILTERS = ("category", "max_price", "min_price", "q")

_LIMIT = cast(bindparam("limit"), BigInteger)
# All columns of what a select is from, and these columns: rows pass as they lie in the table, without being made anew.
_ALL: ColumnElement[Any] = literal_column("*")
_ROW: Mapping[str, ColumnElement[Any]] = {column.name: literal_column(column.name, column.type) for column in items.c}


def _sql(text: str) -> ColumnElement[str]:
    return literal_column(text, Text)


def _text(column: ColumnElement[object]) -> ColumnElement[object]:
    """Return a column as its JSON form has it: a time in UTC, with six digits of a second and `Z`."""
    if isinstance(column.type, DateTime):
        return func.to_char(func.timezone(_sql("'UTC'"), column), _sql("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""))
    return column


def _json(columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[str]:
    """Return an item's JSON; `concat` is the fastest way to put it together, and skips nothing as nothing is NULL."""
    parts: list[str | ColumnElement[object]] = ["{"]
    for member in MEMBERS:
        column, quote = columns[member.name], isinstance(member.type, Numeric | DateTime)
        value: ColumnElement[Any] = func.to_json(column) if isinstance(member.type, String) else _text(column)
        if member is items.c.category:
            value = _sql("'\"'").concat(column).concat(_sql("'\"'"))  # a slug has no character that JSON escapes
        if member.nullable:
            value = func.coalesce(cast(value, Text), _sql("'null'"))
        parts += [f'"{member.name}":', *(['"', value, '"'] if quote else [value]), ","]
    parts[-1] = "}"
    merged: list[str | ColumnElement[object]] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return func.concat(*(_sql(f"'{part}'") if isinstance(part, str) else part for part in merged))


_SNAPSHOT = cast(func.pg_current_snapshot(), Text).label("snapshot")
# OFFSET 0: once, not for every row
_SEEN = select(_SNAPSHOT).offset(literal_column("0")).subquery("seen")


def items_by_id() -> Select[*tuple[Any, ...]]:
    """Return the select of items, which binds `ids`, an array, and brings a row for each of them.

    In it are id, version, category, JSON and snapshot; of an item that is not there the version is NULL: that it is not
    is seen in the same snapshot.
    """
    wanted = func.unnest(cast(bindparam("ids"), ARRAY(BigInteger))).table_valued("id").render_derived(name="wanted")
    return select(
        wanted.c.id, items.c.version, items.c.category, _json(dict(items.c.items())), _SEEN.c.snapshot
    ).select_from(wanted.join(_SEEN, true()).outerjoin(items, items.c.id == wanted.c.id))


def page(sort: str, filters: frozenset[str], after: bool) -> Select[*tuple[Any, ...]]:
    """Return the select of one page: one row with the items' JSON, ids and versions, and the snapshot.

    It binds `limit`, which is one more than the page has, the filters by name and, with `after`, the `value` and the
    `id` of the last row of the page before (of sort `id` the id only). JSON texts are separated by newlines, which they
    do not have; without items all but the snapshot is NULL. One row, because fifty cost libpq and Python a fifth of the
    whole read.
    """
    walk = _Walk(sort, filters, after)
    rows = walk.along(items, _LIMIT) if along_an_index(sort, filters) else _search(walk, filters)
    return select(
        func.string_agg(_json(_ROW), _sql("E'\\n'")),
        func.array_agg(_ROW["id"]),
        func.array_agg(_ROW["version"]),
        _SNAPSHOT,
    ).select_from(rows.subquery("page"))


def _bound(name: str, type_: TypeEngine[Any]) -> ColumnElement[object]:
    """Return a parameter, without the length or scale of the column that it is compared with."""
    plain = Text() if isinstance(type_, String) else Numeric() if isinstance(type_, Numeric) else type_
    return cast(bindparam(name), plain)


def _conditions(filters: frozenset[str]) -> list[ColumnElement[bool]]:
    """Return the filters' conditions, each with a parameter of its own name."""
    conditions: dict[str, ColumnElement[bool]] = {
        "category": _ROW["category"] == _bound("category", items.c.category.type),
        "max_price": _ROW["price"] <= _bound("max_price", items.c.price.type),
        "min_price": _ROW["price"] >= _bound("min_price", items.c.price.type),
        "q": _ROW["terms"].bool_op("@@")(func.item_terms_query(cast(bindparam("q"), Text))),
    }
    return [conditions[name] for name in sorted(filters)]


class _Walk:
    """A walk along the index on a sort's columns, or on the category and these: it reads as much at any depth."""

    def __init__(self, sort: str, filters: frozenset[str], after: bool) -> None:
        self._descending = sort.startswith("-")
        self._column = items.c[sort.removeprefix("-")]
        self._filters, self._after = filters, after

    def along(self, source: FromClause, limit: ColumnElement[int]) -> Select[tuple[object, ...]]:
        """Return the rows of `source` in the order of the sort, up to `limit`."""
        key = [self._column] if self._column is items.c.id else [self._column, items.c.id]
        category = [items.c.category] if "category" in self._filters else []
        order = [_ROW[column.name] for column in [*category, *key]]
        ordered = [column.desc() if self._descending else column.asc() for column in order]
        return select(_ALL).select_from(source).where(*self._ends(category, key)).order_by(*ordered).limit(limit)

    def _ends(self, category: list[Column[object]], key: list[Column[object]]) -> list[ColumnElement[bool]]:
        """Return between which entries of the index the walk goes.

        Both ends are rows of values. A category is not compared with `=`: a plan for all categories would take any to
        be as large as others, walk along the index without it, and read the whole table for a small one.
        """
        begin, end = ("<", ">") if self._descending else (">", "<")
        prices = {">": "min_price", "<": "max_price"} if self._column is items.c.price else {}
        ends = []
        for sign in (begin, end):
            after = self._after and sign == begin
            if after:
                last = [_bound("value", key[0].type)] if len(key) == 2 else []
                ends.append(_beyond(sign, [*category, *key], [*last, _bound("id", BigInteger())]))
            if prices.get(sign) in self._filters:
                bound = [_bound(prices[sign], items.c.price.type)]
                ends.append(_beyond(f"{sign}=", [*category, items.c.price], bound))
            elif category and not after:
                ends.append(_beyond(f"{sign}=", category, []))
        return ends


def _beyond(sign: str, columns: list[Column[object]], values: list[ColumnElement[object]]) -> ColumnElement[bool]:
    """Return the comparison of columns with values, as rows; a category in front is compared with the filter's."""
    if len(columns) > len(values):
        values = [_bound("category", items.c.category.type), *values]
    here = [_ROW[column.name] for column in columns]
    left, right = (here[0], values[0]) if len(here) == 1 else (tuple_(*here), tuple_(*values))
    return left.bool_op(sign)(right)


def _search(walk: _Walk, filters: frozenset[str]) -> CompoundSelect[*tuple[object, ...]]:
    """Return the page of filters that no index serves together with the sort.

    Where matches are frequent, a walk along the sort finds a page soon; where they are rare, it is better to find all
    of them and sort. Which is the case the planner guesses wrongly for words that seldom or always come together, and
    then reads the whole table. So a short walk finds out; a longer one follows where that found some, and where neither
    found enough for a page, there are so few that all can be found and sorted.
    """

    def matching(name: str, most: ColumnElement[int]) -> CTE:
        walked = walk.along(items, most).subquery("walked")
        return _materialized(name, select(_ALL).select_from(walked).where(*_conditions(filters)).limit(_LIMIT))

    def count(found: CTE) -> ScalarSelect[int]:
        return select(func.count()).select_from(found).scalar_subquery()

    near = matching("near", literal_column("500"))
    some = (func.count() >= literal_column("5")) & (func.count() < _LIMIT)
    more = case((some, literal_column("5000")), else_=literal_column("0"))
    far = matching("far", select(more).select_from(near).scalar_subquery())
    few = [count(near) < _LIMIT, count(far) < _LIMIT]
    everywhere = _materialized("everywhere", select(_ALL).select_from(items).where(*_conditions(filters), *few))
    return union_all(
        select(_ALL).select_from(near).where(count(near) == _LIMIT),
        select(_ALL).select_from(far).where(count(far) == _LIMIT),
        walk.along(everywhere, _LIMIT),
    )


def _materialized(name: str, rows: Select[tuple[object, ...]]) -> CTE:
    return rows.cte(name).prefix_with("MATERIALIZED")
