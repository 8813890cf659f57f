"""The fast path: reads of items, answered ahead of FastAPI's routing.

Every read that is right in all its parts is answered here: from the cache, or with what the database makes of it. What
is wrong in any part goes on to the declared routes, which say what is wrong. They could answer all of it, and the tests
compare both, byte for byte.
"""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from pydantic import ValidationError
from triptych_shared.request_ids import request_id

from api_fastapi import SERVICE
from api_fastapi.cache.coherent_cache import CoherentCache, item_of
from api_fastapi.cache.encoded_response import EncodedResponse
from api_fastapi.cache.read_through import ReadThrough
from api_fastapi.database.errors import DatabaseUnavailableError
from api_fastapi.fast_path.request_headers import read_headers
from api_fastapi.http import cursors
from api_fastapi.http.problems import ProblemResponse, internal, not_found, unavailable
from api_fastapi.http.query_parameters import ItemQuery, query_faults
from api_fastapi.replicas.router import ReplicaRouter

if TYPE_CHECKING:
    from triptych_shared.request_ids import ASGIApplication

_LIST = "/api/items/"


class FastPathMiddleware:
    """ASGI middleware that answers what it can, and leaves the rest to the application."""

    def __init__(self, app: "ASGIApplication") -> None:
        """Go before `app`, whose lifespan's state has the cache and the reader."""
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not scope["path"].startswith(_LIST):
            await self._app(scope, receive, send)
            return
        cache: CoherentCache = scope["state"]["cache"]
        reader: ReadThrough | ReplicaRouter = scope["state"]["reader"]
        headers = read_headers(scope["headers"])
        ids = [(b"x-request-id", headers.request_id), (b"x-served-by", SERVICE.encode())]
        query_string: bytes = scope["query_string"]
        target = scope["path"].encode() if not query_string else _LIST.encode() + b"?" + query_string
        cacheable = not headers.fresh and (not query_string or scope["path"] == _LIST)
        response = cache.hit(target) if cacheable else None
        if response is None:
            request_id.set(headers.request_id.decode())
            reading = _reading(scope["path"], query_string, target, reader, headers.fresh)
            if reading is None:
                await self._app(scope, receive, send)
                return
            try:
                response = await reading
            except DatabaseUnavailableError as error:
                await _send_problem(unavailable(error), ids, send)
                return
            except Exception:
                await _send_problem(internal(), ids, send)
                raise  # the server logs it
            if response is None:
                await _send_problem(not_found(scope["path"]), ids, send)
                return
        if headers.name(response):
            await _send(304, _pairs(response.head_of_304) + ids, b"", send)
        else:
            await _send(200, _pairs(response.head) + ids, response.body if scope["method"] == "GET" else b"", send)


def _reading(
    path: str, query_string: bytes, target: bytes, reader: ReadThrough | ReplicaRouter, fresh: bool
) -> Awaitable[EncodedResponse | None] | None:
    """Return what brings the response, None where the request is not right in all its parts."""
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


async def _send_problem(problem: ProblemResponse, ids: list[tuple[bytes, bytes]], send: Any) -> None:
    await _send(problem.status, problem.headers + ids, problem.body, send)


async def _send(status: int, headers: list[tuple[bytes, bytes]], body: bytes, send: Any) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
