"""The columns that this service reads. Django owns the tables; this mirrors what it made."""

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Numeric, String, Table, Text
from sqlalchemy.dialects.postgresql import TSVECTOR

metadata = MetaData()

categories = Table(
    "categories",
    metadata,
    Column("slug", String(64, collation="C"), primary_key=True),
    Column("name", String(100), nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("name", String(100, collation="C"), nullable=False),
    Column("description", Text, nullable=False),
    Column("price", Numeric(10, 2), nullable=False),
    Column("sku", String(64)),
    Column("category", String(64, collation="C")),
    Column("version", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("terms", TSVECTOR),
)

applied_migrations = Table(
    "applied_migrations",
    metadata,
    Column("app", String(255)),
    Column("name", String(255)),
)
