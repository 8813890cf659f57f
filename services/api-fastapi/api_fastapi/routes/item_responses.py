"""Responses as finished bytes: bodies, entity tags, conditional requests."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from fastapi import Response
from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy import Row

from api_fastapi.http.conditional import CACHEABLE, matches
from api_fastapi.routes.schemas import Item


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


def respond(document: Document, if_none_match: Sequence[str] | None) -> Response:
    """Return the document, or 304 when the client has it."""
    headers = {"etag": document.etag, "cache-control": CACHEABLE}
    if document.link is not None:
        headers["link"] = document.link
    if if_none_match and matches(document.etag, ", ".join(if_none_match)):
        return Response(status_code=304, headers=headers)
    return Response(document.body, headers=headers, media_type="application/json")
