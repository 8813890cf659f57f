"""The addresses of the catalog's routes, below `/api/`."""

from django.urls import path, register_converter

from catalog.reads.views import CategoryList
from catalog.views import Item, Items
from catalog.writes.views import ItemBulk


class IdConverter:
    """An id in its one spelling: the framework's own `int` also takes `007`."""

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(IdConverter, "id")

urlpatterns = [
    path("items/", Items.as_view()),
    path("items/<id:id>/", Item.as_view()),
    path("items/bulk/", ItemBulk.as_view()),
    path("categories/", CategoryList.as_view()),
]
