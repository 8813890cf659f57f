"""All changes of all items, and the actions that many of them were made by."""

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from catalog.admin.bulk import allow_time, log_action
from catalog.admin.database_errors import message_of
from catalog.admin.undo import undo
from catalog.audit_actor import acting, author
from catalog.estimates import EstimatingPaginator
from catalog.history import differences
from catalog.models import Item, ItemHistory

if TYPE_CHECKING:
    ItemHistoryModelAdmin = admin.ModelAdmin[ItemHistory]
else:
    ItemHistoryModelAdmin = admin.ModelAdmin

EXAMPLES = 25


@admin.register(ItemHistory)
class ItemHistoryAdmin(ItemHistoryModelAdmin):
    """Read only: the database writes it. The page of a single change is its item's history."""

    list_display = ("when", "item", "op", "what", "who")
    list_display_links = None
    ordering = ("-id",)
    sortable_by = ()
    list_per_page = 50
    paginator = EstimatingPaginator
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ItemHistory | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ItemHistory | None = None) -> bool:
        return False

    @admin.display(description="time (UTC)")
    def when(self, change: ItemHistory) -> str:
        """Return when it was, to the second."""
        return f"{change.at:%Y-%m-%d %H:%M:%S}"

    @admin.display(description="item")
    def item(self, change: ItemHistory) -> str:
        """Return a link to the item's history."""
        return format_html('<a href="{}">{}</a>', history_url(change.item_id), change.item_id)

    @admin.display(description="from → to")
    def what(self, change: ItemHistory) -> str:
        """Return the changed fields."""
        if change.op != ItemHistory.Operation.UPDATE:
            return change.before["name"] if change.before else ""
        return format_html_join(
            ", ", "{} {} → {}", ((d.field, _short(d.before), _short(d.after)) for d in differences(change))
        )

    @admin.display(description="who")
    def who(self, change: ItemHistory) -> str:
        """Return who made the change."""
        return author(change.actor)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Answer with the page of an action, where `object_id` is one; else lead to the history of an item."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            action = UUID(object_id)
        except ValueError:
            return HttpResponseRedirect(history_url(self._get(request, object_id).item_id))
        changes = ItemHistory.objects.filter(action=action)
        newest = changes.order_by("-id").first()
        if newest is None:
            raise Http404("There is no such action.")
        if request.method == "POST":
            return self._undo(request, action, changes)
        return self._action_page(request, newest, changes)

    def _get(self, request: HttpRequest, object_id: str) -> ItemHistory:
        change = self.get_object(request, object_id)
        if change is None:
            raise Http404("There is no such change.")
        return change

    def _action_page(self, request: HttpRequest, newest: ItemHistory, changes: QuerySet[ItemHistory]) -> HttpResponse:
        shown = list(changes.order_by("-id")[:EXAMPLES])
        present = Item.objects.defer("search").in_bulk([change.item_id for change in shown])
        rows = [
            {
                "change": change,
                "name": present[change.item_id].name
                if change.item_id in present
                else (change.before or {}).get("name"),
                "differences": differences(change) if change.op == ItemHistory.Operation.UPDATE else [],
                "url": history_url(change.item_id),
                "untouched": _untouched(change, present.get(change.item_id)),
            }
            for change in shown
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": "Action on many items",
            "opts": self.opts,
            "newest": newest,
            "count": changes.count(),
            "rows": rows,
            "may_undo": _may_undo(request, changes),
        }
        return TemplateResponse(request, "admin/catalog/itemhistory/action.html", context)

    def _undo(self, request: HttpRequest, action: UUID, changes: QuerySet[ItemHistory]) -> HttpResponse:
        if not _may_undo(request, changes):
            raise PermissionDenied
        new_action = uuid4()
        try:
            with acting(request.user.get_username(), new_action):
                allow_time()
                undone = undo(action)
                if undone.items:
                    log_action(request, new_action, f"undo of an action, {undone.items:,} items")
        except DatabaseError as error:
            messages.error(request, message_of(error))
            return HttpResponseRedirect(request.path)
        left = f" {undone.left:,} left alone: they have been changed since." if undone.left else ""
        level = messages.SUCCESS if undone.items else messages.WARNING
        messages.add_message(request, level, f"{undone.items:,} items are as they were before the action.{left}")
        return HttpResponseRedirect(
            reverse("admin:catalog_itemhistory_change", args=[new_action]) if undone.items else request.path
        )


def history_url(item_id: int) -> str:
    """Return where the history of an item is, a deleted one's included."""
    return reverse("admin:catalog_item_history", args=[item_id])


def _untouched(change: ItemHistory, item: Item | None) -> bool:
    return item is None if change.op == ItemHistory.Operation.DELETE else bool(item and item.version == change.version)


def _may_undo(request: HttpRequest, changes: QuerySet[ItemHistory]) -> bool:
    """Return whether the user may make the changes that undo these: taking items away needs leave to delete."""
    operations = set(changes.values_list("op", flat=True).distinct())
    needed = {"U": "catalog.change_item", "I": "catalog.delete_item", "D": "catalog.add_item"}
    return all(request.user.has_perm(needed[op]) for op in operations)


def _short(value: str | None) -> str:
    if value is None:
        return "none"
    return value if len(value) <= 40 else f"{value[:40]}…"
