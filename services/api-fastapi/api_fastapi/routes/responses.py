"""What is ready to be sent, as FastAPI takes it."""

from collections.abc import Sequence

from fastapi import Response

from api_fastapi.cache.encoded_response import EncodedResponse
from api_fastapi.http.responses import PlainResponse


def plain(response: PlainResponse) -> Response:
    """Return a response as a route does."""
    made = Response(response.body, response.status)
    made.raw_headers = response.headers
    return made


def conditional(response: EncodedResponse, if_none_match: Sequence[str] | None) -> Response:
    """Return the response, or 304 when the client has it; several lines of If-None-Match count as one list."""
    header = ", ".join(if_none_match).encode("latin-1") if if_none_match else None
    return plain(response.plain(header))
