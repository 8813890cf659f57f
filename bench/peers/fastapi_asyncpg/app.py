"""FastAPI and asyncpg as TechEmpower tunes them (frameworks/Python/fastapi/app.py there): no response model, no ORM.

Its best settings: a pool of POOL for each worker without asyncpg's reset on release, which is another round trip;
prepared statements; orjson straight into the response; uvloop and httptools; no access log, no proxy headers.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import asyncpg
import orjson
from fastapi import FastAPI, Request, Response

COLUMNS = "id, name, description, price, sku, category, version, created_at, updated_at"
ONE = f"SELECT {COLUMNS} FROM items WHERE id = $1"
PAGE = f"SELECT {COLUMNS} FROM items WHERE id > $1 ORDER BY id LIMIT $2"
SEARCH = f"SELECT {COLUMNS} FROM items WHERE id > $1 AND terms @@ item_terms_query($3) ORDER BY id LIMIT $2"
CHANGE = f"UPDATE items SET price = $2 WHERE id = $1 RETURNING {COLUMNS}"
KEPT = {"Cache-Control": "public, max-age=1, stale-while-revalidate=1, stale-if-error=60"}


class Connection(asyncpg.Connection):
    """A connection that is handed on as it is."""

    def get_reset_query(self) -> str:
        """Return what a connection runs when it is given back."""
        return ""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep the pool open."""
    size = int(os.environ["POOL"])
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=size, max_size=size, connection_class=Connection
    ) as app.state.pool:
        yield


app = FastAPI(lifespan=lifespan)


def _json(value: Any, headers: dict[str, str] | None = None) -> Response:
    content = orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)
    return Response(content, media_type="application/json", headers=headers)


@app.get("/api/items/")
async def items(after: int = 0, limit: int = 50, q: str = "") -> Response:
    """Return a page."""
    rows = await (app.state.pool.fetch(SEARCH, after, limit, q) if q else app.state.pool.fetch(PAGE, after, limit))
    return _json([dict(row) for row in rows], KEPT)


@app.get("/api/items/{item_id}/")
async def item(item_id: int) -> Response:
    """Return one item."""
    row = await app.state.pool.fetchrow(ONE, item_id)
    return Response(status_code=404) if row is None else _json(dict(row), KEPT)


@app.patch("/api/items/{item_id}/")
async def change(item_id: int, request: Request) -> Response:
    """Change an item's price."""
    price = Decimal(orjson.loads(await request.body())["price"])
    row = await app.state.pool.fetchrow(CHANGE, item_id, price)
    return Response(status_code=404) if row is None else _json(dict(row))
