"""FastAPI and SQLAlchemy as their documentation shows them: a session per request, a response model.

Its best settings: asyncpg, whose statements stay prepared; autocommit, as a transaction around one SELECT would be two
more round trips; a pool of POOL for each worker; uvloop and httptools; no access log.
"""

import os
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import BigInteger, Numeric, func, select
from sqlalchemy.dialects.postgresql import TIMESTAMP, TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KEPT = "public, max-age=1, stale-while-revalidate=1, stale-if-error=60"

engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"),
    pool_size=int(os.environ["POOL"]),
    max_overflow=0,
    isolation_level="AUTOCOMMIT",
)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """The tables."""


class ItemRow(Base):
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


class Item(BaseModel):
    """An item as it is shown."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    description: str
    price: Decimal
    sku: str | None
    category: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class Change(BaseModel):
    """What may be changed."""

    price: Decimal


async def session() -> AsyncIterator[AsyncSession]:
    """Yield the request's session."""
    async with sessions() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]
app = FastAPI()


@app.get("/api/items/")
async def items(session: Session, response: Response, after: int = 0, limit: int = 50, q: str = "") -> list[Item]:
    """Return a page."""
    response.headers["Cache-Control"] = KEPT
    page = select(ItemRow).where(ItemRow.id > after).order_by(ItemRow.id).limit(limit)
    if q:
        page = page.where(ItemRow.terms.op("@@")(func.item_terms_query(q)))
    return [Item.model_validate(row) for row in await session.scalars(page)]


@app.get("/api/items/{item_id}/")
async def item(session: Session, response: Response, item_id: int) -> Item:
    """Return one item."""
    row = await session.get(ItemRow, item_id)
    if row is None:
        raise HTTPException(404)
    response.headers["Cache-Control"] = KEPT
    return Item.model_validate(row)


@app.patch("/api/items/{item_id}/")
async def change(session: Session, item_id: int, change: Change) -> Item:
    """Change an item's price."""
    row = await session.get(ItemRow, item_id)
    if row is None:
        raise HTTPException(404)
    row.price = change.price
    await session.flush()
    await session.refresh(row, ["version", "updated_at"])
    return Item.model_validate(row)
