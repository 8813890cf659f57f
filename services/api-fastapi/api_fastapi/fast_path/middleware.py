"""The fast path: reads of items, answered ahead of FastAPI's routing.

Every read that is right in all its parts is answered here: from the cache, or with what the database makes of it. What
is wrong in any part goes on to the declared routes, which say what is wrong, and which could answer all of it: they ask
the same reader.
"""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from pydantic import ValidationError
from triptych_shared.problems import Problem
from triptych_shared.request_ids import request_id

from api_fastapi import SERVICE
from api_fastapi.cache.coherent_cache import CoherentCache, item_of, list_target
from api_fastapi.cache.encoded_response import EncodedResponse
from api_fastapi.database.errors import DatabaseUnavailableError
from api_fastapi.fast_path.request_headers import ReadHeaders, read_headers
from api_fastapi.http.problems import internal, not_found, plain, unavailable
from api_fastapi.http.query_parameters import ItemQuery, refuse_faults
from api_fastapi.http.responses import PlainResponse
from api_fastapi.replicas.router import Router

if TYPE_CHECKING:
    from triptych_shared.request_ids import ASGIApplication

_LIST = "/api/items/"


class FastPathMiddleware:
    """ASGI middleware that answers what it can, and leaves the rest to the application."""

    def __init__(self, app: "ASGIApplication") -> None:
        """Go before `app`, whose lifespan's state has the cache and the router."""
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not scope["path"].startswith(_LIST):
            await self._app(scope, receive, send)
            return
        headers = read_headers(scope["headers"])
        found = _cached(scope, headers)
        if found is None:
            request_id.set(headers.request_id.decode())
            reading = _reading(scope, headers.fresh)
            if reading is None:
                await self._app(scope, receive, send)
                return
            try:
                found = await reading
            except DatabaseUnavailableError as error:
                await _send(plain(unavailable(error)), scope, headers, send)
                return
            except Exception:
                await _send(plain(internal()), scope, headers, send)
                raise  # the server logs it
        response = plain(not_found(scope["path"])) if found is None else found.plain(headers.if_none_match)
        await _send(response, scope, headers, send)


def _cached(scope: Any, headers: ReadHeaders) -> EncodedResponse | None:
    cache: CoherentCache = scope["state"]["cache"]
    if headers.fresh or (scope["query_string"] and scope["path"] != _LIST):
        return None
    return cache.hit(list_target(scope["query_string"]) if scope["path"] == _LIST else scope["path"].encode())


def _reading(scope: Any, fresh: bool) -> Awaitable[EncodedResponse | None] | None:
    """Return what brings the response, None where the request is not right in all its parts."""
    router: Router = scope["state"]["router"]
    query_string: bytes = scope["query_string"]
    if scope["path"] == _LIST:
        try:
            refuse_faults(query_string, ItemQuery.model_fields)
            pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True)
            query = ItemQuery.model_validate(dict(pairs))
            return router.page(list_target(query_string), query, query.position(), fresh)
        except (ValidationError, Problem):
            return None
    item_id = item_of(scope["path"].encode())
    return None if item_id is None or query_string.strip(b"&") else router.item(item_id, fresh)


async def _send(response: PlainResponse, scope: Any, headers: ReadHeaders, send: Any) -> None:
    ids = [(b"x-request-id", headers.request_id), (b"x-served-by", SERVICE.encode())]
    await send({"type": "http.response.start", "status": response.status, "headers": response.headers + ids})
    await send({"type": "http.response.body", "body": response.body if scope["method"] == "GET" else b""})
