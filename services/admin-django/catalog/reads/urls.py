"""The addresses of the read routes, below `/api/`."""

from django.urls import path, register_converter

from catalog.reads.views import CategoryList, ItemDetail, ItemList


class IdConverter:
    """An id in its one spelling: the framework's own `int` also takes `007`."""

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(IdConverter, "id")

urlpatterns = [
    path("items/", ItemList.as_view()),
    path("items/<id:id>/", ItemDetail.as_view()),
    path("categories/", CategoryList.as_view()),
]
