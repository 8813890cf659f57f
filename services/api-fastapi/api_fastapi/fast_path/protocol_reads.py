"""Plain reads of items, answered past uvicorn's parser and the application, for a third of what these cost."""

import asyncio
import logging
import re
from secrets import token_hex
from typing import Any, cast

from triptych_shared import request_ids
from triptych_shared.problems import Problem
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api_fastapi import SERVICE
from api_fastapi.cache.coherent_cache import CoherentCache, item_of
from api_fastapi.cache.encoded_response import EncodedResponse
from api_fastapi.database.errors import DatabaseUnavailableError
from api_fastapi.fast_path.transport import JoiningTransport, spelled
from api_fastapi.http.problems import internal, malformed, not_found, plain, unavailable
from api_fastapi.replicas.router import Router

logger = logging.getLogger(__name__)

# A whole read as the gateway hands it on, or a plain client sends it: in one piece, and with no header that makes a
# difference. Everything else is the parser's. `*+` gives nothing back, so that no request takes long to be refused.
_INDIFFERENT = (
    rb"(?:(?:Host|X-Forwarded-(?:For|Proto|Host)|User-Agent|Accept|Accept-Encoding|Accept-Language): [ -~]*\r\n"
    rb"|Connection: keep-alive\r\n)*+"
)
_PLAIN_READ = re.compile(
    rb"GET ([!-~]+) HTTP/1\.1\r\n%b(?:X-Request-Id: ([A-Za-z0-9._-]{1,64})\r\n)?%b\r\n" % (_INDIFFERENT, _INDIFFERENT)
)
_TAIL = b"\r\nX-Served-By: " + SERVICE.encode() + b"\r\n"


class _Pending:
    """What uvicorn looks at of a request that is under way: an item that is being read from the database."""

    response_complete = False
    keep_alive = True
    disconnected = False

    class message_event:  # noqa: N801
        @staticmethod
        def set() -> None:
            """Wake nobody."""


class ProtocolReads(HttpToolsProtocol):
    """Uvicorn's protocol, but that a plain read of what the cache has, or of one item, is answered here.

    The parser is between two messages then, and stays there: whether it is, its own callbacks tell.
    """

    _between_messages = True
    _used_again = False  # since the timer of the idle connection was set
    # the head that all answers of this second have, and the headers of uvicorn's that it was made from
    _date: tuple[object, bytes] = (None, b"")

    def data_received(self, data: bytes) -> None:
        """Answer a plain read, or feed the parser."""
        plain = _PLAIN_READ.fullmatch(data)
        if (
            plain is None
            or not self._between_messages
            or (self.cycle is not None and not self.cycle.response_complete)
            or self.flow.write_paused
            or not self._answer(plain[1], plain[2])
        ):
            super().data_received(data)

    def on_message_begin(self) -> None:
        """Note that what comes belongs to a request that the parser has begun."""
        self._between_messages = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Note that the parser has seen the end of a request."""
        self._between_messages = True
        super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if nothing came since the timer was set, which answers from the cache leave alone."""
        if self._used_again:
            self._wait_for_more()
        else:
            super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser cannot read with a problem, and close."""
        self._send_problem(malformed(), token_hex(16).encode(), b"Connection: close\r\n")
        self.transport.close()

    def _wait_for_more(self) -> None:
        self._used_again = False
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _answer(self, target: bytes, request_id: bytes | None) -> bool:
        """Answer, now or when the database has; False for what is neither in the cache nor an item."""
        cache: CoherentCache = self.app_state["cache"]
        response = cache.hit(target)
        if response is not None:
            self.server_state.total_requests += 1
            if self.timeout_keep_alive_task is None:
                self._wait_for_more()
            else:
                self._used_again = True
            self._send(response, request_id or token_hex(16).encode())
            return True
        item_id = item_of(target)
        if item_id is None:
            return False
        self._unset_keepalive_if_required()
        router: Router = self.app_state["router"]
        reading: asyncio.Future[EncodedResponse | None] = asyncio.ensure_future(router.item(item_id))
        pending = self.cycle = cast(Any, _Pending())
        reading.add_done_callback(
            lambda _: self._resolved(pending, target, request_id or token_hex(16).encode(), reading)
        )
        return True

    def _resolved(
        self, pending: Any, target: bytes, request_id: bytes, reading: asyncio.Future[EncodedResponse | None]
    ) -> None:
        pending.response_complete = True
        if reading.cancelled():
            return
        error = reading.exception()
        if pending.disconnected or self.transport.is_closing():
            return
        response = None if error else reading.result()
        more = b"" if pending.keep_alive else b"Connection: close\r\n"
        if response is not None:
            self._send(response, request_id, more)
        else:
            self._send_problem(_problem(target, request_id, error), request_id, more)
        if not pending.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _send(self, response: EncodedResponse, request_id: bytes, more: bytes = b"") -> None:
        self._write(STATUS_LINE[200], response.head, request_id, more, response.body)

    def _send_problem(self, problem: Problem, request_id: bytes, more: bytes) -> None:
        status, headers, body = plain(problem)
        head = spelled(b"".join(b"%b: %b\r\n" % header for header in headers))
        self._write(STATUS_LINE[status], head, request_id, more, body)

    def _write(self, status: bytes, head: bytes, request_id: bytes, more: bytes, body: bytes) -> None:
        whole = (status, self._head(), head, b"X-Request-Id: ", request_id, _TAIL, more, b"\r\n", body)
        cast(JoiningTransport, self.transport).write_whole(b"".join(whole))

    def _head(self) -> bytes:
        """Return the lines that uvicorn puts on every answer: the date."""
        headers = self.server_state.default_headers
        if ProtocolReads._date[0] is not headers:
            lines = b"".join(b"%b: %b\r\n" % header for header in headers)
            ProtocolReads._date = (headers, spelled(lines))
        return ProtocolReads._date[1]


def _problem(target: bytes, request_id: bytes, error: BaseException | None) -> Problem:
    """Return the problem where there is no item, and log what is to be logged under the request's id."""
    if error is None:
        return not_found(target.decode())
    token = request_ids.request_id.set(request_id.decode())
    try:
        if isinstance(error, DatabaseUnavailableError):
            return unavailable(error)
        logger.error("Exception in a plain read of %s", target.decode(), exc_info=error)
        return internal()
    finally:
        request_ids.request_id.reset(token)
