"""Flask and Flask-SQLAlchemy as their documentation shows them, under gunicorn.

Its best settings: gthread workers, whose connections are kept alive; autocommit and psycopg's prepared statements; a
connection for each thread; no access log.
"""

import os
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flask import Flask, Response, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Numeric, func
from sqlalchemy.dialects.postgresql import TIMESTAMP, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Json(DefaultJSONProvider):
    """Times as ISO 8601, members in their order."""

    sort_keys = False

    @staticmethod
    def default(value: Any) -> Any:
        """Return what stands for a value in JSON."""
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return DefaultJSONProvider.default(value)


class Base(DeclarativeBase):
    """The tables."""


app = Flask(__name__)
app.json = Json(app)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
    "pool_size": int(os.environ["POOL"]),
    "max_overflow": 0,
    "isolation_level": "AUTOCOMMIT",
    "connect_args": {"prepare_threshold": 0},
}
db = SQLAlchemy(app, model_class=Base)


class Item(db.Model):  # type: ignore[name-defined,misc]
    """The table of items."""

    __tablename__ = "items"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]
    description: Mapped[str]
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    sku: Mapped[str | None]
    category: Mapped[str | None]
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    terms: Mapped[str] = mapped_column(TSVECTOR, deferred=True)

    def shown(self) -> dict[str, Any]:
        """Return the item as it is shown."""
        return {
            "id": self.id, "name": self.name, "description": self.description, "price": self.price, "sku": self.sku,
            "category": self.category, "version": self.version, "created_at": self.created_at,
            "updated_at": self.updated_at,
        }  # fmt: skip


def _kept(value: Any) -> Response:
    response = jsonify(value)
    response.headers["Cache-Control"] = "public, max-age=1, stale-while-revalidate=1, stale-if-error=60"
    return response


@app.get("/api/items/")
def items() -> Response:
    """Return a page."""
    page = db.select(Item).where(Item.id > request.args.get("after", 0, int)).order_by(Item.id)
    if q := request.args.get("q"):
        page = page.where(Item.terms.op("@@")(func.item_terms_query(q)))
    return _kept([item.shown() for item in db.session.scalars(page.limit(request.args.get("limit", 50, int)))])


@app.get("/api/items/<int:item_id>/")
def item(item_id: int) -> Response:
    """Return one item."""
    return _kept(db.get_or_404(Item, item_id).shown())


@app.patch("/api/items/<int:item_id>/")
def change(item_id: int) -> Response:
    """Change an item's price."""
    item = db.get_or_404(Item, item_id)
    item.price = Decimal(request.get_json()["price"])
    db.session.commit()
    return jsonify(item.shown())
