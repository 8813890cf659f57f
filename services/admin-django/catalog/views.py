"""The routes of items: one address is read by everybody and written by some."""

from catalog.reads.views import ItemDetail, ItemList
from catalog.writes.views import ChangesItem, CreatesItems


class Items(CreatesItems, ItemList):
    """The list."""

    http_method_names = ["get", "head", "post"]


class Item(ChangesItem, ItemDetail):
    """One item."""

    http_method_names = ["get", "head", "put", "patch", "delete"]
