"""What `manage.py spectacular` says of the read routes; a test holds it to the contract."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from triptych_shared.problems import PROBLEM_JSON

from catalog.reads.cursors import LARGEST_ID
from catalog.reads.parameters import ItemParameters
from catalog.reads.serializers import CategorySerializer, ItemSerializer

IF_NONE_MATCH = OpenApiParameter("If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER)
_HEADERS = [IF_NONE_MATCH, OpenApiParameter("Cache-Control", OpenApiTypes.STR, OpenApiParameter.HEADER)]
ID = OpenApiParameter(
    "id",
    {"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID},
    OpenApiParameter.PATH,
)
NOT_MODIFIED = {304: OpenApiResponse(description="The answer still has a tag of If-None-Match.")}
_PROBLEM = inline_serializer(
    "Problem",
    {
        "type": serializers.CharField(),
        "title": serializers.CharField(),
        "status": serializers.IntegerField(min_value=400, max_value=599),
        "detail": serializers.CharField(),
        "errors": serializers.DictField(
            child=serializers.ListField(child=serializers.CharField(), min_length=1), required=False
        ),
    },
)


def problems(*statuses: int) -> dict[tuple[int, str], object]:
    """Return the responses that are problems, by status."""
    return {(status, PROBLEM_JSON): _PROBLEM for status in statuses}


item_list = extend_schema(
    operation_id="list_items",
    parameters=[ItemParameters, *_HEADERS],
    responses={200: ItemSerializer(many=True), **NOT_MODIFIED, **problems(400, 405, 503)},
)
item_detail = extend_schema(
    operation_id="get_item",
    parameters=[ID, *_HEADERS],
    responses={200: ItemSerializer, **NOT_MODIFIED, **problems(400, 404, 405, 503)},
)
category_list = extend_schema(
    operation_id="list_categories",
    parameters=_HEADERS,
    responses={200: CategorySerializer(many=True), **NOT_MODIFIED, **problems(400, 405, 503)},
)
