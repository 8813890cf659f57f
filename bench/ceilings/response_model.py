"""What a FastAPI route with a response model costs by itself: the item is in memory."""

import json
import os
from datetime import datetime
from decimal import Decimal

import uvicorn
from fastapi import FastAPI, Response
from pydantic import BaseModel

BODY = json.loads(os.environ["BODY"])
KEPT = "public, max-age=1, stale-while-revalidate=1, stale-if-error=60"


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


app = FastAPI()


@app.get("/api/items/{item_id}/")
async def item(item_id: int, response: Response) -> Item:
    """Return the item."""
    response.headers["etag"] = f'"{BODY["version"]}"'
    response.headers["cache-control"] = KEPT
    return Item.model_validate(BODY)


if __name__ == "__main__":
    uvicorn.run(
        app, port=int(os.environ["PORT"]), access_log=False, proxy_headers=False, server_header=False,
        log_level="error",
    )  # fmt: skip
