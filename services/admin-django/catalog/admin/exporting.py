"""The list as a file, streamed: the memory of one batch, whatever its length."""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBadRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from catalog.item_fields import NAMES, values_of
from catalog.models import Item

if TYPE_CHECKING:
    ItemModelAdmin = admin.ModelAdmin[Item]
else:
    ItemModelAdmin = object

BATCH = 1000
# A reader that stops would keep the transaction, and what vacuum may not remove, as long as it likes.
LONGEST_PAUSE = "60s"

Rows = Iterator[list[dict[str, Any]]]


def export_view(model_admin: ItemModelAdmin, request: HttpRequest) -> HttpResponseBase:
    """Answer with the items of the list with this query, in the order of their ids; `format` is csv or json.

    What is exported can be imported again as it is. A price is the text of its decimal number in both formats.
    """
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    query = request.GET.copy()
    name = (query.pop("format", None) or ["csv"])[-1]
    if name not in FORMATS:
        return HttpResponseBadRequest("format is csv or json")
    request.GET = query  # type: ignore[assignment]  # the list refuses parameters that it does not know
    try:
        items = model_admin.get_changelist_instance(request).queryset
    except IncorrectLookupParameters:
        return HttpResponseBadRequest("the list has no such filter")
    content_type, written = FORMATS[name]
    stamp = f"{datetime.now(UTC):%Y-%m-%d-%H%M}"
    return StreamingHttpResponse(
        written(_rows(items)),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="items-{stamp}.{name}"', "Cache-Control": "no-store"},
    )


def _rows(items: QuerySet[Item]) -> Rows:
    """Return the items batch by batch, all as they are at one moment."""
    rows = items.select_related(None).only("id", *NAMES).order_by("id")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{LONGEST_PAUSE}'")
        batch = []
        for item in rows.iterator(chunk_size=BATCH):
            batch.append(values_of(item))
            if len(batch) == BATCH:
                yield batch
                batch = []
        yield batch


class _Line:
    """What csv.writer writes to: hands the line back."""

    def write(self, line: str) -> str:
        return line


def _csv(batches: Rows) -> Iterator[bytes]:
    writer = csv.writer(_Line())
    yield ("\ufeff" + writer.writerow(NAMES)).encode()
    for batch in batches:
        yield "".join(writer.writerow([row[name] for name in NAMES]) for row in batch).encode()


def _json(batches: Rows) -> Iterator[bytes]:
    opening = "[\n"
    for batch in batches:
        if batch:
            yield (opening + ",\n".join(json.dumps(row, ensure_ascii=False) for row in batch)).encode()
            opening = ",\n"
    yield b"[]\n" if opening == "[\n" else b"\n]\n"


FORMATS: dict[str, tuple[str, Callable[[Rows], Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", _csv),
    "json": ("application/json", _json),
}
