"""The database extension, and the mirror of the tables: only the columns that this service uses.

admin-django owns the schema; nothing here creates or changes a table.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Flask
from flask.typing import ResponseReturnValue
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, ExceptionContext, Numeric, String, Text, event
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from triptych_shared.pulse import Pulse
from triptych_shared.sqlstates import ATTEMPTS, SAY_AGAIN


class Base(DeclarativeBase):
    """The declarative base of the mirror."""


db = SQLAlchemy(model_class=Base)


class ReadingFlask(Flask):
    """An application whose requests only read the database: what fails with its connection is done again on another."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Answer a request."""
        for _ in range(ATTEMPTS - 1):
            try:
                return super().dispatch_request()
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                db.session.remove()
        return super().dispatch_request()


def init_app(app: Flask) -> None:
    """Connect the extension, and drop connections that have nothing more to say."""
    db.init_app(app)
    pulse = app.extensions["pulse"] = Pulse()
    with app.app_context():
        engine = db.engine

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: Any, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        return pulse.connect(dialect.connect, **parameters)

    @event.listens_for(engine, "handle_error")
    def drop_what_is_out_of_date(context: ExceptionContext) -> None:
        # What the pool's connections have prepared holds no longer: all of them are made anew.
        if getattr(context.original_exception, "sqlstate", None) in SAY_AGAIN:
            context.is_disconnect = True


REQUIRED_MIGRATION = "0009_terms_indexed"
"""The newest migration of admin-django's `catalog` that this mirror needs."""


class Item(Base):
    """An item, as the reads, quotes and exports need it; what is not deferred is shown, in this order."""

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
