"""The ceiling: an ASGI application that answers the same bytes to everything."""

import sys
from typing import Any

import uvicorn

BODY = (
    b'{"id":7,"name":"Set of four linen tea towels","description":"Washed soft before they are sold, in four '
    b'colours that faded evenly in our own kitchens.","price":"9.80","sku":"KIT-007","category":"kitchen","version":7,'
    b'"created_at":"2026-11-22T11:02:49.365028Z","updated_at":"2026-11-22T11:02:49.365028Z"}'
)
HEADERS = [
    (b"etag", b'"7"'),
    (b"cache-control", b"public, max-age=1, stale-while-revalidate=1, stale-if-error=60"),
    (b"content-length", str(len(BODY)).encode()),
    (b"content-type", b"application/json"),
    (b"x-request-id", b"4d963e3006c6f35fd2ad09ae96aceb59"),
    (b"x-served-by", b"api-fastapi"),
]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    uvicorn.run(
        app, port=int(sys.argv[1]), loop="uvloop", http="httptools", lifespan="off", access_log=False,
        proxy_headers=False, server_header=False, log_level="error",
    )  # fmt: skip
