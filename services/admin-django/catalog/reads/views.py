"""The read routes."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from triptych_shared.cache_control import PUBLIC_READ

from catalog.models import Category, Item
from catalog.reads import cursors, pages, schema
from catalog.reads.conditional import matches
from catalog.reads.parameters import ItemParameters, NoParameters, read_parameters
from catalog.reads.serializers import CategorySerializer, ItemSerializer


class ReadView(GenericAPIView[Any]):
    """GET and HEAD for everybody, with strict parameters, an ETag and 304."""

    http_method_names = ["get", "head"]
    authentication_classes: Sequence[type[BaseAuthentication]] = ()
    permission_classes: Sequence[type[BasePermission]] = ()
    parameters_class: type[Serializer[Any]] = NoParameters
    cache_control = PUBLIC_READ
    default_response_headers: dict[str, str] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Judge the method, the id, then the parameters: `sent` as they came, `validated` as they are meant."""
        super().initial(request, *args, **kwargs)
        if str(request.method).lower() not in self.http_method_names:
            self.http_method_not_allowed(request)
        if kwargs.get("id", 1) > cursors.LARGEST_ID:
            raise Http404("There is no item with so large an id.")
        self.sent, self.validated = read_parameters(request, self.parameters_class)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Add the headers of a good answer, or make it a 304."""
        response = super().dispatch(request, *args, **kwargs)
        if not isinstance(response, Response):  # a problem
            return response
        body = response.render().content
        response.headers["Cache-Control"] = self.cache_control
        response.headers["Content-Length"] = str(len(body))
        response.headers.setdefault("ETag", f'"{sha256(body).hexdigest()[:32]}"')
        if not matches(request.META.get("HTTP_IF_NONE_MATCH", ""), response.headers["ETag"]):
            return response
        return HttpResponseNotModified(headers=response.headers)


class ItemList(ReadView):
    """Items, filtered, sorted and in pages."""

    parameters_class = ItemParameters
    serializer_class = ItemSerializer
    queryset = Item.objects.defer("search")

    @schema.item_list
    def get(self, request: Request) -> Response:
        """Answer with one page, and a link to the next one where there is one."""
        sort, limit = self.validated["sort"], self.validated["limit"]
        items = pages.ordered(pages.filtered(self.get_queryset(), self.validated), sort)
        if "cursor" in self.sent:
            items = pages.after(items, sort, *self._start())
        rows = self.get_serializer(items[: limit + 1], many=True).data  # one more tells whether there is a next page
        page = rows[:limit]
        headers = {"Link": pages.link_to_next(self.sent, sort, page[-1])} if len(rows) > limit else None
        return Response(page, headers=headers)

    def _start(self) -> tuple[cursors.Key, int]:
        try:
            return cursors.decode(self.sent["cursor"], self.validated["sort"], cursors.digest(self.sent))
        except ValueError as error:
            raise ValidationError({"cursor": ["Must come from a Link with this sort and these filters."]}) from error


class ItemDetail(ReadView):
    """One item; its version is its ETag."""

    serializer_class = ItemSerializer
    queryset = Item.objects.defer("search")
    lookup_field = "id"

    @schema.item_detail
    def get(self, request: Request, id: int) -> Response:
        """Answer with the item of this id."""
        item = self.get_object()
        return Response(self.get_serializer(item).data, headers={"ETag": f'"{item.version}"'})


class CategoryList(ReadView):
    """All categories, with how many items each has; the counts may be CATEGORY_COUNTS_MAX_AGE_SECONDS old."""

    serializer_class = CategorySerializer
    queryset = Category.objects.order_by("slug")

    @schema.category_list
    def get(self, request: Request) -> Response:
        """Answer with all categories."""
        counts = cache.get_or_set("category-counts", _category_counts, settings.CATEGORY_COUNTS_MAX_AGE_SECONDS) or {}
        categories = self.get_queryset().values("slug", "name")
        rows = [{**category, "count": counts.get(category["slug"], 0)} for category in categories]
        return Response(self.get_serializer(rows, many=True).data)


def _category_counts() -> dict[str, int]:
    """Return how many items each category has; counting reads an index from end to end, so it is done seldom."""
    return dict(Item.objects.exclude(category=None).values_list("category").annotate(Count("id")))
