"""The same request, sent twice, is done once: the second gets the first's answer (Idempotency-Key).

The key is stored in the transaction of the write: there is never a change without its answer, nor an answer without its
change, wherever the process is killed. A twin that comes while the first is at work waits for it at the key's index.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from catalog.models import IdempotencyKey
from catalog.request_json import read_bytes

REPLAYED = "Idempotency-Replayed"
_FORM = re.compile(r"[\x21-\x7e]{1,255}")

# Every write with a key also forgets a few that are older than a day, and its own if that is: nothing else cleans up.
_FORGET = """
    DELETE FROM idempotency_keys
    WHERE created_at < now() - interval '1 day' AND (
        (principal, key) = (%s, %s)
        OR ctid = ANY (ARRAY(
            SELECT ctid FROM idempotency_keys
            WHERE created_at < now() - interval '1 day' ORDER BY created_at LIMIT 10 FOR UPDATE SKIP LOCKED
        ))
    )
"""
_CLAIM = """
    INSERT INTO idempotency_keys (principal, key, request_digest, headers, body) VALUES (%s, %s, %s, '{}', '')
    ON CONFLICT DO NOTHING
"""


class Mismatch(Exception):
    """The key was used for another request."""


def key_of(request: Request) -> str | None:
    """Return the request's key, None without one. Raises ValidationError for a malformed one."""
    key: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not _FORM.fullmatch(key):
        raise ValidationError({"Idempotency-Key": ["Must be 1 to 255 visible ASCII characters."]})
    return key


def once(request: Request, write: Callable[[], HttpResponse]) -> HttpResponse:
    """Return what `write` answers, or what it answered to the request of the same user and key before.

    `write` must leave nothing behind when it answers with a refusal, and raise where the answer is not to be kept.
    Raises Mismatch when the request before was another one.
    """
    key = key_of(request)
    if key is None:
        return write()
    principal, digest = str(request.user.pk), _digest(request)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, [principal, key])
            cursor.execute(_CLAIM, [principal, key, digest])
            claimed = cursor.rowcount == 1
        entry = IdempotencyKey.objects.filter(principal=principal, key=key)
        if not claimed:
            return _again(entry.get(), digest)
        response = write()
        entry.update(status=response.status_code, headers=dict(response.items()), body=response.content)
        return response


def _digest(request: Request) -> bytes:
    head: list[Any] = [request.method, request.get_full_path(), request.META.get("HTTP_IF_MATCH")]
    return sha256(repr(head).encode() + b"\n" + read_bytes(request)).digest()


def _again(entry: IdempotencyKey, digest: bytes) -> HttpResponse:
    if bytes(entry.request_digest) != digest:
        raise Mismatch
    response = HttpResponse(bytes(entry.body), status=entry.status)
    del response.headers["Content-Type"]  # Django's own; an answer without a body has none
    for name, value in {**entry.headers, REPLAYED: "true"}.items():
        response.headers[name] = value
    return response
