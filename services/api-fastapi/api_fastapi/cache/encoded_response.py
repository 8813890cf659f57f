"""A response in the form in which it leaves: finished bytes."""

import sys
from hashlib import sha256

from triptych_shared.cache_control import PUBLIC_READ

from api_fastapi.http.conditional import matches
from api_fastapi.http.responses import Headers, PlainResponse

_HEAD = (
    b'ETag: "%b"\r\nCache-Control: '
    + PUBLIC_READ.encode()
    + b"\r\n%bContent-Length: %d\r\nContent-Type: application/json\r\n"
)


class EncodedResponse:
    """A 200, or what makes one a 304 or the response to a HEAD; of an item also what others need to know of it."""

    __slots__ = ("body", "category", "head", "used", "version")

    def __init__(self, head: bytes, body: bytes, version: int = 0, category: str | None = None) -> None:
        """Take the header lines, each ended, beginning with the ETag's; `version` and `category` are an item's."""
        self.head = head
        self.body = body
        self.version = version
        self.category = category
        self.used = False

    def plain(self, if_none_match: bytes | None) -> PlainResponse:
        """Return what is sent to a client that has what If-None-Match names."""
        if if_none_match is not None and matches(self._etag, if_none_match):
            return PlainResponse(304, _pairs(self.head[: self.head.rindex(b"Content-Length: ")]), b"")
        return PlainResponse(200, _pairs(self.head), self.body)

    @property
    def _etag(self) -> bytes:
        return self.head[6 : self.head.index(b"\r")]


def item_response(version: bytes, category: bytes | None, body: bytes) -> EncodedResponse:
    """Return the response for one item; its version is its tag."""
    # one string for all items of a category
    slug = None if category is None else sys.intern(category.decode())
    return EncodedResponse(_HEAD % (version, b"", len(body)), body, int(version), slug)


def list_response(body: bytes, link: str | None = None) -> EncodedResponse:
    """Return the response for a list, whose tag is made from its bytes."""
    line = b"" if link is None else b"Link: " + link.encode() + b"\r\n"
    return EncodedResponse(_HEAD % (sha256(body).hexdigest()[:32].encode(), line, len(body)), body)


def _pairs(head: bytes) -> Headers:
    return [(name.lower(), value) for name, _, value in (line.partition(b": ") for line in head[:-2].split(b"\r\n"))]
