"""The fast lane: reads of items, answered ahead of FastAPI's routing.

Every read that is right in all its parts is answered here: from the cache, or with what the database makes of it. What
is wrong in any part goes on to the declared routes, which say what is wrong. They could answer all of it, and the tests
compare both, byte for byte.
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from fastapi import Response
from pydantic import ValidationError
from triptych_shared.request_ids import ASGIRequestIds, request_id

from api_fastapi import SERVICE, cursors
from api_fastapi.asked import asked
from api_fastapi.cache import Cache, item_of
from api_fastapi.nodes import Nodes
from api_fastapi.parameters import ItemQuery, query_faults
from api_fastapi.problems import internal, not_found, unavailable
from api_fastapi.reading import Reader
from api_fastapi.unavailable import DatabaseUnavailableError

if TYPE_CHECKING:
    from triptych_shared.request_ids import ASGIApplication

_LIST = "/api/items/"


class FastLane:
    """ASGI middleware that answers what it can, and leaves the rest to the application."""

    def __init__(self, app: "ASGIApplication") -> None:
        """Go before `app`, whose lifespan's state has the cache and the reader."""
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not scope["path"].startswith(_LIST):
            await self._app(scope, receive, send)
            return
        cache: Cache = scope["state"]["cache"]
        reader: Reader | Nodes = scope["state"]["reader"]
        ask = asked(scope["headers"])
        query_string: bytes = scope["query_string"]
        target = scope["path"].encode() if not query_string else _LIST.encode() + b"?" + query_string
        answer = None if ask.fresh or (query_string and scope["path"] != _LIST) else cache.hit(target)
        if answer is None:
            request_id.set(ask.request_id.decode())
            reading = _reading(scope["path"], query_string, target, reader, ask.fresh)
            if reading is None:
                await self._app(scope, receive, send)
                return
            try:
                answer = await reading
            except DatabaseUnavailableError as error:
                await _respond(unavailable(error), scope, receive, send)
                return
            except Exception:
                await _respond(internal(), scope, receive, send)
                raise  # the server logs it
            if answer is None:
                await _respond(not_found(scope["path"]), scope, receive, send)
                return
        ids = [(b"x-request-id", ask.request_id), (b"x-served-by", SERVICE.encode())]
        if ask.has(answer):
            await send({"type": "http.response.start", "status": 304, "headers": _pairs(answer.head_of_304) + ids})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": _pairs(answer.head) + ids})
        await send({"type": "http.response.body", "body": answer.body if scope["method"] == "GET" else b""})


def _reading(path: str, query_string: bytes, target: bytes, reader: Reader | Nodes, fresh: bool) -> Any:
    """Return what brings the answer, None where the request is not right in all its parts."""
    if path == _LIST:
        try:
            if query_faults(query_string, ItemQuery.model_fields):
                return None
            pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True)
            query = ItemQuery.model_validate(dict(pairs))
            position = None
            if query.cursor is not None:
                position = cursors.decode(query.cursor, query.sort, cursors.digest(query.filters()))
        except (ValidationError, cursors.InvalidCursorError):
            return None
        return reader.page(target, query, position, fresh)
    item_id = item_of(path.encode())
    if item_id is None or query_string.strip(b"&"):
        return None
    return reader.item(item_id, fresh)


def _pairs(head: bytes) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, _, value in (line.partition(b": ") for line in head[:-2].split(b"\r\n"))]


async def _respond(response: Response, scope: Any, receive: Any, send: Any) -> None:
    await ASGIRequestIds(response, SERVICE)(scope, receive, send)
