"""The statements about what is not an item."""

from sqlalchemy import Text, bindparam, cast, func, select

from api_fastapi.database.tables import applied_migrations, categories, items

CATEGORIES = select(categories.c.slug, categories.c.name).order_by(categories.c.slug)

# Categories without items are not in it.
CATEGORY_COUNTS = select(items.c.category, func.count()).where(items.c.category.is_not(None)).group_by(items.c.category)

# A row when that migration is applied.
APPLIED_MIGRATION = select(applied_migrations.c.name).where(
    applied_migrations.c.app == cast(bindparam("app"), Text),
    applied_migrations.c.name == cast(bindparam("migration"), Text),
)
