"""Answers as finished bytes: bodies, entity tags, conditional requests, links."""

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import Response
from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy import Row
from triptych_shared.problems import PROBLEM_JSON, problem

from api_fastapi.schemas import Item

CACHEABLE = "public, max-age=1, stale-while-revalidate=1, stale-if-error=60"
# One element of a list of entity tags (RFC 9110, 5.6.1 and 8.8.3); elements may be empty.
_ELEMENT = re.compile(r'[ \t]*(?:(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(,|\Z)')


class Document(NamedTuple):
    """A body and what its headers say about it."""

    body: bytes
    etag: str
    link: str | None = None


def item_document(row: Row[*tuple[Any, ...]]) -> Document:
    """Return one item; its version is its tag."""
    return Document(to_json(_object(row, Item)), f'"{row.version}"')


def list_document(rows: Iterable[Sequence[Any]], model: type[BaseModel], link: str | None = None) -> Document:
    """Return a list of `model`s, whose tag is made from its bytes."""
    body = to_json([_object(row, model) for row in rows])
    return Document(body, f'"{sha256(body).hexdigest()[:32]}"', link)


def _object(row: Sequence[Any], model: type[BaseModel]) -> dict[str, object]:
    # The model's names, not the row's: those are of a class of SQLAlchemy's, which costs a list 5 ms in `to_json`.
    return dict(zip(model.model_fields, row, strict=True))


def next_link(sent: Mapping[str, str], cursor: str) -> str:
    """Return the `Link` to the page at `cursor` of the request with the parameters `sent`."""
    pairs = [(name, value) for name, value in sorted(sent.items()) if name != "cursor"]
    return f'<?{urlencode([*pairs, ("cursor", cursor)], quote_via=quote)}>; rel="next"'


def respond(document: Document, if_none_match: Sequence[str] | None) -> Response:
    """Return the document, or 304 when the client has it."""
    headers = {"etag": document.etag, "cache-control": CACHEABLE}
    if document.link is not None:
        headers["link"] = document.link
    if if_none_match and matches(document.etag, ", ".join(if_none_match)):
        return Response(status_code=304, headers=headers)
    return Response(document.body, headers=headers, media_type="application/json")


def matches(etag: str, if_none_match: str) -> bool:
    """Tell whether an If-None-Match header names `etag`, compared weakly; a malformed header names nothing."""
    if if_none_match.strip(" \t") == "*":
        return True
    tags: set[str] = set()
    position = 0
    while element := _ELEMENT.match(if_none_match, position):
        if element[1]:
            tags.add(element[1])
        if not element[2]:
            return etag in tags
        position = element.end()
    return False


def problem_response(
    kind: str,
    status: int,
    detail: str,
    errors: Mapping[str, Sequence[str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem, which nobody may keep."""
    return Response(
        problem(kind, status, detail, errors),
        status,
        headers={"cache-control": "no-store", **(headers or {})},
        media_type=PROBLEM_JSON,
    )
