"""The ceiling of an ASGI application: the same bytes and headers for everything, on the same uvicorn."""

import json
import os
from typing import Any

import uvicorn

BODY = os.environ["BODY"].encode()
HEADERS = [(name.encode(), text.encode()) for name, text in json.loads(os.environ["HEADERS"])]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    uvicorn.run(
        app, port=int(os.environ["PORT"]), loop="uvloop", http="httptools", lifespan="off", access_log=False,
        proxy_headers=False, server_header=False, log_level="error",
    )  # fmt: skip
