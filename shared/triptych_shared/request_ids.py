"""Carry the request id that the gateway made through logs and responses."""

import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    Message = MutableMapping[str, Any]
    ASGIApplication = Callable[
        [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
        Awaitable[None],
    ]

request_id: ContextVar[str] = ContextVar("request_id", default="-")

_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")


def _adopt(value: str) -> str:
    """Make the caller's id the current one, or a new id where the caller's is missing or could forge a log line."""
    adopted = value if _WELL_FORMED.fullmatch(value) else secrets.token_hex(16)
    request_id.set(adopted)
    return adopted


class WSGIRequestIds:
    """WSGI middleware: adopt the request's id, and put it and the service's name on the response."""

    def __init__(self, app: "WSGIApplication", service: str) -> None:
        self.app = app
        self.service = service

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        ours = [("X-Request-Id", _adopt(environ.get("HTTP_X_REQUEST_ID", ""))), ("X-Served-By", self.service)]

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            return start_response(status, headers + ours, *exc_info)

        return self.app(environ, start)


class ASGIRequestIds:
    """ASGI middleware: adopt the request's id, and put it and the service's name on the response."""

    def __init__(self, app: "ASGIApplication", service: str) -> None:
        self.app = app
        self.service = service.encode()

    async def __call__(
        self,
        scope: "MutableMapping[str, Any]",
        receive: "Callable[[], Awaitable[Message]]",
        send: "Callable[[Message], Awaitable[None]]",
    ) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        theirs = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        ours = [(b"x-request-id", _adopt(theirs.decode("latin-1")).encode()), (b"x-served-by", self.service)]

        async def send_with_ids(message: "Message") -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *ours]
            await send(message)

        await self.app(scope, receive, send_with_ids)
