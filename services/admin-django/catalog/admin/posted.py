"""The list of items when it comes back with what was typed: the rows that were posted, whatever it would show now."""

import re

from django.http import HttpRequest, QueryDict

from catalog.admin.list_forms import ItemList
from catalog.models import Item, ItemHistory

NAMED = 3  # deleted items, in the message
_FIELD = re.compile(r"((?:initial-)?form-)([0-9]{1,4})(-.+)", re.ASCII | re.DOTALL)
_ID = re.compile(r"form-([0-9]{1,4})-id", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


class PostedRows(ItemList):
    """The rows in the order they were posted in; the framework would put the forms beside those of a new query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        ids = [number for _, number in sorted(_ids(request.POST).items())]
        items = Item.objects.defer("search").select_related("category").in_bulk([id for id in ids if id is not None])
        self.result_list = [items[id] for id in ids if id in items]


def is_posted(request: HttpRequest) -> bool:
    """Return whether the request is the list's form."""
    return request.method == "POST" and "_save" in request.POST


def drop_gone_rows(request: HttpRequest) -> str:
    """Take the rows whose items are no longer there out of the form, which the framework cannot read with them.

    Return the names of these items, an empty text when all are there.
    """
    ids = _ids(request.POST)
    present = set(
        Item.objects.filter(pk__in=[id for id in ids.values() if id is not None]).values_list("pk", flat=True)
    )
    left = [row for row, id in sorted(ids.items()) if id in present]
    if len(left) == len(ids):
        return ""
    request.POST = _rows(request.POST, left)  # type: ignore[assignment]  # which is immutable, as the other was
    return _names([id for id in ids.values() if id is not None and id not in present])


def _ids(posted: QueryDict) -> dict[int, int | None]:
    """Return the id of each row by its place, None for what is no id."""
    found = ((_ID.fullmatch(name), str(value)) for name, value in posted.items())
    return {int(match[1]): int(value) if _NUMBER.fullmatch(value) else None for match, value in found if match}


def _rows(posted: QueryDict, left: list[int]) -> QueryDict:
    places = {row: place for place, row in enumerate(left)}
    kept = QueryDict(mutable=True)
    for name, values in posted.lists():
        match = _FIELD.fullmatch(name)
        if match is None:
            kept.setlist(name, values)
        elif int(match[2]) in places:
            kept.setlist(f"{match[1]}{places[int(match[2])]}{match[3]}", values)
    kept["form-TOTAL_FORMS"] = kept["form-INITIAL_FORMS"] = str(len(left))
    kept._mutable = False
    return kept


def _names(ids: list[int]) -> str:
    deleted = ItemHistory.objects.filter(item_id__in=ids, op=ItemHistory.Operation.DELETE).order_by("-id")
    names = [f"“{before['name']}”" for before in deleted.values_list("before", flat=True)[:NAMED] if before]
    if len(names) < len(ids):
        names.append(f"{len(ids) - len(names)} more" if names else "items of this page")
    return ", ".join(names)
