"""Request bodies: JSON in UTF-8, and nothing that another reader might understand in another way."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import UnreadablePostError
from django.utils.http import parse_header_parameters
from rest_framework.request import Request
from triptych_shared import strict_json

from catalog.problems import ProblemResponse


class InvalidBody(Exception):
    """The body cannot be read: it is not JSON (400), too long (413) or of another media type (415)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def response(self) -> ProblemResponse:
        """Return the problem that says so."""
        headers = {"Accept": "application/json"} if self.status == 415 else None
        return ProblemResponse("invalid-body", self.status, f"The body {self}.", {"body": [str(self)]}, headers)


def read_json(request: Request, longest: int) -> Any:
    """Return what the body of at most `longest` bytes says. Raises InvalidBody."""
    media_type, parameters = parse_header_parameters(request.META.get("CONTENT_TYPE", ""))
    charset = parameters.get("charset", "utf-8").lower()
    if media_type != "application/json" or charset != "utf-8" or "HTTP_CONTENT_ENCODING" in request.META:
        raise InvalidBody(415, "must be application/json in UTF-8, without Content-Encoding")
    body = read_bytes(request)
    if len(body) > longest:
        raise InvalidBody(413, f"must not be longer than {longest} bytes")
    try:
        return strict_json.loads(body)
    except ValueError as error:
        raise InvalidBody(400, str(error)) from error


def read_bytes(request: Request) -> bytes:
    """Return the body as it was sent. Raises InvalidBody beyond what any route takes, and when it breaks off."""
    try:
        body: bytes = request.body
    except RequestDataTooBig:
        raise InvalidBody(413, "is longer than any that is taken here") from None
    except UnreadablePostError:
        raise InvalidBody(400, "broke off") from None
    return body
