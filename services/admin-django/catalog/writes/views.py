"""The write routes."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from catalog.request_json import read_json
from catalog.writes import schema
from catalog.writes.bulk import read_rows, report
from catalog.writes.serializers import ItemChangeSerializer
from catalog.writes.services import item_create, item_delete, item_update, items_upsert
from catalog.writes.write_view import WriteView, transactional, written


class CreatesItems(WriteView):
    """POST of the list."""

    @schema.item_create
    @transactional
    def post(self, request: Request) -> HttpResponse:
        """Answer with the new item."""
        item = item_create(actor=request.user.get_username(), **self.fields(request))
        return self.item(item, 201, Location=f"/api/items/{item.id}/")


class ChangesItem(WriteView):
    """PUT, PATCH and DELETE of an item, with If-Match."""

    @schema.item_replace
    @transactional
    def put(self, request: Request, id: int) -> HttpResponse:
        """Answer with the item, all of whose fields are those of the body."""
        return self._update(request, id, self.fields(request))

    @schema.item_change
    @transactional
    def patch(self, request: Request, id: int) -> HttpResponse:
        """Answer with the item, whose fields in the body are as there."""
        return self._update(request, id, self.fields(request, ItemChangeSerializer))

    @schema.item_delete
    @transactional
    def delete(self, request: Request, id: int) -> HttpResponse:
        """Delete the item."""
        item_delete(actor=request.user.get_username(), id=id, if_match=request.META.get("HTTP_IF_MATCH"))
        response = HttpResponse(status=204, headers={"Cache-Control": "no-store"})
        del response.headers["Content-Type"]
        return response

    def _update(self, request: Request, id: int, fields: dict[str, Any]) -> HttpResponse:
        if_match = request.META.get("HTTP_IF_MATCH")
        return self.item(item_update(actor=request.user.get_username(), id=id, if_match=if_match, **fields))


class ItemBulk(WriteView):
    """Up to a thousand upserts by sku."""

    http_method_names = ["post"]
    longest_body = 10 * 2**20

    @schema.items_upsert
    @transactional
    def post(self, request: Request) -> HttpResponse:
        """Answer with what became of each row."""
        rows, rejected = read_rows(read_json(request, self.longest_body))
        outcomes = items_upsert(actor=request.user.get_username(), rows=list(rows.values()))
        return written(report(rejected | dict(zip(rows, outcomes, strict=True))))
