"""Where a stream can be resumed: what the client hands back as Last-Event-ID."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64Error
from hashlib import sha256
from typing import NamedTuple

from api_fastapi.database.snapshot import Snapshot

_VERSION = b"\x01"
_INCARNATION = 12
# With more transactions in progress than fit, the position is an earlier one, after which some changes come again.
_LONGEST = 1024
_LARGEST = 2**63 - 1
_RELATIVE = re.compile(rb"([1-9][0-9]{0,18}):(0|[1-9][0-9]{0,18}):((?:[0-9]{1,19}(?:,[0-9]{1,19})*)?)")


class InvalidPositionError(ValueError):
    """No stream of ours has given this id."""


class StreamPosition(NamedTuple):
    """Everything that `snapshot` sees was delivered, in one incarnation of the database; the same for every worker."""

    incarnation: bytes
    snapshot: str

    @classmethod
    def of(cls, incarnation: bytes, snapshot: str) -> "StreamPosition":
        """Return the position of a poll that found this incarnation and this snapshot."""
        return cls(sha256(incarnation).digest()[:_INCARNATION], snapshot)

    def encode(self) -> bytes:
        """Return it as an event's id: opaque, beginning with the version of the form."""
        seen = Snapshot.parse(self.snapshot)
        running = b",".join([b"%d" % (tx - seen.xmin) for tx in sorted(seen.in_progress)])
        encoded = self._encode(b"%d:%d:%b" % (seen.xmin, seen.xmax - seen.xmin, running))
        return encoded if len(encoded) <= _LONGEST else self._encode(b"%d:0:" % seen.xmin)

    def _encode(self, relative: bytes) -> bytes:
        return urlsafe_b64encode(_VERSION + self.incarnation + relative).rstrip(b"=")

    @classmethod
    def decode(cls, text: str) -> "StreamPosition":
        """Return the position of an event's id; raise InvalidPositionError for what `encode` does not write."""
        try:
            raw = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) <= _LONGEST else b""
        except (NotBase64Error, ValueError):
            raw = b""
        found = _RELATIVE.fullmatch(raw[1 + _INCARNATION :])
        if raw[:1] != _VERSION or found is None:
            raise InvalidPositionError(text)
        xmin, width = int(found[1]), int(found[2])
        running = [xmin + int(each) for each in found[3].split(b",") if each]
        text_form = f"{xmin}:{xmin + width}:{','.join(map(str, running))}"
        position = cls(raw[1 : 1 + _INCARNATION], text_form)
        # Postgres would refuse what is not in order, and an id has one form only
        ordered = all(low < high for low, high in zip(running, [*running[1:], xmin + width], strict=False))
        if xmin + width > _LARGEST or not ordered or position.encode() != text.encode("utf-8", "replace"):
            raise InvalidPositionError(text)
        return position


# What is sent for an id that is not ours: it belongs to no incarnation, so that it can be continued nowhere.
UNKNOWN = StreamPosition(b"", "1:1:")
