"""What `manage.py spectacular` says of the write routes; a test holds it to the contract."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from catalog.reads.schema import ID, problems
from catalog.reads.serializers import ItemSerializer
from catalog.writes.serializers import BulkSerializer, ItemChangeSerializer, ItemWriteSerializer, ReportSerializer

_KEY = OpenApiParameter("Idempotency-Key", {"type": "string", "pattern": "^[!-~]{1,255}$"}, OpenApiParameter.HEADER)
_IF_MATCH = OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER)
_REFUSALS = (400, 401, 403, 405, 413, 415, 422, 503)

item_create = extend_schema(
    operation_id="create_item",
    parameters=[_KEY],
    request=ItemWriteSerializer,
    responses={201: ItemSerializer, **problems(*_REFUSALS, 409)},
)
item_replace = extend_schema(
    operation_id="replace_item",
    parameters=[ID, _IF_MATCH, _KEY],
    request=ItemWriteSerializer,
    responses={200: ItemSerializer, **problems(*_REFUSALS, 404, 409, 412)},
)
item_change = extend_schema(
    operation_id="change_item",
    parameters=[ID, _IF_MATCH, _KEY],
    request=ItemChangeSerializer,
    responses={200: ItemSerializer, **problems(*_REFUSALS, 404, 409, 412)},
)
item_delete = extend_schema(
    operation_id="delete_item",
    parameters=[ID, _IF_MATCH, _KEY],
    request=None,
    responses={
        204: OpenApiResponse(description="It is deleted."),
        **problems(400, 401, 403, 404, 405, 412, 413, 422, 503),
    },
)
items_upsert = extend_schema(
    operation_id="upsert_items",
    parameters=[_KEY],
    request=BulkSerializer,
    responses={200: ReportSerializer, **problems(*_REFUSALS)},
)
