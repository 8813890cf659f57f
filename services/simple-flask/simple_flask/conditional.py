"""Cacheable answers: entity tags, and 304 by RFC 9110."""

import hashlib
import re

from flask import Response, request
from triptych_shared.cache_control import PUBLIC_READ

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"[ \t,]*(?:{_TAG}[ \t]*(?:,[ \t,]*|$))*")


def digest_tag(body: bytes) -> str:
    """Return the entity tag of a list: a digest of its bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def cacheable(body: bytes, tag: str, link: str | None = None) -> Response:
    """Return the JSON `body` with its tag, or 304 when the client has it already."""
    if _matches(request.headers.get("If-None-Match", ""), tag):
        response = Response(status=304)
        del response.headers["Content-Type"]
    else:
        response = Response(body, content_type="application/json")
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = PUBLIC_READ
    if link:
        response.headers["Link"] = link
    return response


def _matches(if_none_match: str, tag: str) -> bool:
    """Compare weakly; a malformed header counts as none (Werkzeug's parser would take unquoted tags)."""
    if if_none_match.strip(" \t") == "*":
        return True
    if not _TAGS.fullmatch(if_none_match):
        return False
    return tag in (found.removeprefix("W/") for found in re.findall(_TAG, if_none_match))
