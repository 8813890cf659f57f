"""The declared routes' statements, built once per shape: SQLAlchemy compiles each once, psycopg prepares it once."""

from functools import cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    tuple_,
)

from api_fastapi.database.tables import applied_migrations, categories, items


def _timestamp(column: ColumnElement[object]) -> ColumnElement[str]:
    """Return a time in its JSON form: UTC, always six digits of a second, `Z`."""
    form: ColumnElement[str] = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'""")
    return func.to_char(func.timezone(literal_column("'UTC'"), column), form)


# An item's members in the contract's order. Postgres writes prices and times in their JSON form, so that nothing on
# the way can round them, and so that a cursor holds exactly what the body shows.
_ITEM = (
    items.c.id,
    items.c.name,
    items.c.description,
    cast(items.c.price, Text).label("price"),
    items.c.sku,
    items.c.category,
    items.c.version,
    _timestamp(items.c.created_at).label("created_at"),
    _timestamp(items.c.updated_at).label("updated_at"),
)

# Every filter binds a parameter of its own name.
_FILTERS: dict[str, ColumnElement[bool]] = {
    "category": items.c.category == bindparam("category", type_=items.c.category.type),
    "max_price": items.c.price <= bindparam("max_price", type_=items.c.price.type),
    "min_price": items.c.price >= bindparam("min_price", type_=items.c.price.type),
    "q": items.c.terms.bool_op("@@")(func.item_terms_query(bindparam("q", type_=String))),
}


@cache
def list_items(sort: str, filters: frozenset[str], after: bool) -> Select[tuple[object, ...]]:
    """Return the select of one page, which binds `limit`, the names in `filters` and, if `after`, `value` and `id`.

    A page starts after a row, not after a number of rows, and is found by comparing whole rows: so each sort is a walk
    along the index on (column, id) that reads `limit` entries however deep the page is.
    """
    descending = sort.startswith("-")
    column = items.c[sort.removeprefix("-")]
    key = [column] if column is items.c.id else [column, items.c.id]
    statement = select(*_ITEM).where(*(_FILTERS[name] for name in sorted(filters)))
    if after:
        # never names of columns alone: `value` has the type of the column it is compared with
        bounds = [bindparam("value", type_=column.type), bindparam("id", type_=BigInteger)][-len(key) :]
        last = tuple_(*bounds) if len(key) == 2 else bounds[0]
        row = tuple_(*key) if len(key) == 2 else key[0]
        statement = statement.where(row < last if descending else row > last)
    order = [part.desc() if descending else part.asc() for part in key]
    return statement.order_by(*order).limit(bindparam("limit", type_=Integer))


# Binds `id`.
ONE_ITEM = select(*_ITEM).where(items.c.id == bindparam("id", type_=BigInteger))

CATEGORIES = select(categories.c.slug, categories.c.name).order_by(categories.c.slug)

# Categories without items are not in it.
CATEGORY_COUNTS = (
    select(items.c.category, func.count().label("count"))
    .where(items.c.category.is_not(None))
    .group_by(items.c.category)
)

# Binds `app` and `migration`; a row when that migration is applied.
APPLIED_MIGRATION = select(applied_migrations.c.name).where(
    applied_migrations.c.app == bindparam("app", type_=String),
    applied_migrations.c.name == bindparam("migration", type_=String),
)
