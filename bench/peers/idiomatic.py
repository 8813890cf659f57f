"""FastAPI as its documentation shows it: a response model over an item in memory, or with a URL over asyncpg."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal

import uvicorn
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel

PORT, URL = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
BODY = {
    "id": 7, "name": "Set of four linen tea towels",
    "description": "Washed soft before they are sold, in four"
    " colours that faded evenly in our own kitchens.",
    "price": "9.80", "sku": "KIT-007", "category": "kitchen", "version": 7,
    "created_at": "2026-11-22T11:02:49.365028Z", "updated_at": "2026-11-22T11:02:49.365028Z",
}  # fmt: skip


class Item(BaseModel):
    """An item."""

    id: int
    name: str
    description: str
    price: Decimal
    sku: str | None
    category: str | None
    version: int
    created_at: datetime
    updated_at: datetime


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep eight connections, whose reset after each use is left out: it would be another round trip."""
    if URL is None:
        yield
        return
    import asyncpg  # type: ignore[import-not-found]  # in a virtual environment of the bench's own

    class Connection(asyncpg.Connection):  # type: ignore[misc]
        def get_reset_query(self) -> str:
            return ""

    async with asyncpg.create_pool(URL, min_size=8, max_size=8, connection_class=Connection) as app.state.pool:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/api/items/{item_id}/")
async def item(item_id: int, response: Response) -> Item:
    """Return one item."""
    response.headers["etag"] = '"7"'
    response.headers["cache-control"] = "public, max-age=1"
    if URL is None:
        return Item.model_validate(BODY)
    columns = "id, name, description, price, sku, category, version, created_at, updated_at"
    row = await app.state.pool.fetchrow(f"SELECT {columns} FROM items WHERE id = $1", item_id)
    if row is None:
        raise HTTPException(404)
    return Item.model_validate(dict(row))


if __name__ == "__main__":
    uvicorn.run(app, port=PORT, access_log=False, proxy_headers=False, server_header=False, log_level="error")
