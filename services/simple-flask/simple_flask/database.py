"""The database extension, and the mirror of the tables: only the columns that this service uses.

admin-django owns the schema; nothing here creates or changes a table.
"""

from datetime import datetime
from decimal import Decimal

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Numeric, String, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The declarative base of the mirror."""


db = SQLAlchemy(model_class=Base)


class Item(Base):
    """An item, as the reads, quotes and exports need it."""

    __tablename__ = "items"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(100, collation="C"))
    description: Mapped[str] = mapped_column(Text)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    sku: Mapped[str | None] = mapped_column(String(64))
    category: Mapped[str | None] = mapped_column(String(64, collation="C"))
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    terms: Mapped[str | None] = mapped_column(TSVECTOR, deferred=True)


class Category(Base):
    """A category; its slug is what an item's `category` holds."""

    __tablename__ = "categories"

    slug: Mapped[str] = mapped_column(String(64, collation="C"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
