"""A response in the form in which it leaves: finished bytes."""

from hashlib import sha256

from api_fastapi.http.conditional import CACHEABLE

_HEAD = (
    b'ETag: "%b"\r\nCache-Control: '
    + CACHEABLE.encode()
    + b"\r\n%bContent-Length: %d\r\nContent-Type: application/json\r\n"
)


class EncodedResponse:
    """A 200, or what makes one a 304 or the response to a HEAD."""

    __slots__ = ("body", "head", "used", "version")

    def __init__(self, version: int, head: bytes, body: bytes) -> None:
        """Take the header lines, each ended, beginning with the ETag's; `version` is an item's, 0 for a list."""
        self.version = version
        self.head = head
        self.body = body
        self.used = False

    @property
    def etag(self) -> bytes:
        """The tag with its quotes."""
        return self.head[6 : self.head.index(b"\r")]

    @property
    def head_of_304(self) -> bytes:
        """The header lines without those about the body."""
        return self.head[: self.head.rindex(b"Content-Length: ")]


def item_response(version: bytes, body: bytes) -> EncodedResponse:
    """Return the response for one item; its version is its tag."""
    return EncodedResponse(int(version), _HEAD % (version, b"", len(body)), body)


def list_response(body: bytes, link: str | None) -> EncodedResponse:
    """Return the response for a list, whose tag is made from its bytes."""
    line = b"" if link is None else b"Link: " + link.encode() + b"\r\n"
    return EncodedResponse(0, _HEAD % (sha256(body).hexdigest()[:32].encode(), line, len(body)), body)
