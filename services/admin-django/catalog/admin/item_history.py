"""The history of one item, and the way back to an earlier state of it."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from catalog.admin.database_errors import message_of
from catalog.audit_actor import acting
from catalog.history import differences, differences_between, state_after
from catalog.item_fields import NAMES, attributes, values_of
from catalog.models import Item, ItemHistory

if TYPE_CHECKING:
    ItemModelAdmin = admin.ModelAdmin[Item]
else:
    ItemModelAdmin = object

PAGE = 50


def history_view(model_admin: ItemModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Answer with the changes of an item, the latest first, a page at a time."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    if not (object_id.isascii() and object_id.isdigit() and len(object_id) < 19):
        raise Http404("There is no such item.")
    item_id = int(object_id)
    item = _present(item_id)
    before = request.GET.get("before", "")
    changes = ItemHistory.objects.filter(item_id=item_id).order_by("-id")
    if before.isascii() and before.isdigit() and len(before) < 19:
        changes = changes.filter(pk__lt=int(before))
    page = list(changes[: PAGE + 1])
    if not page and item is None:
        raise Http404("There is no such item.")
    rows = [
        {"change": change, "differences": differences(change), "present": bool(item and item.version == change.version)}
        for change in page[:PAGE]
    ]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"History of {item.name if item else f'deleted item {item_id}'}",
        "opts": model_admin.opts,
        "item": item,
        "item_id": item_id,
        "rows": rows,
        "next": page[PAGE - 1].pk if len(page) > PAGE else None,
        "first_page": not before,
        "may_restore": _may_restore(model_admin, request, item),
    }
    return TemplateResponse(request, "admin/catalog/item/history.html", context)


def restore_view(model_admin: ItemModelAdmin, request: HttpRequest, item_id: int, change_id: int) -> HttpResponse:
    """Answer with what restoring would change; on POST do that, as a new change."""
    item = _present(item_id)
    if not _may_restore(model_admin, request, item):
        raise PermissionDenied
    change = get_object_or_404(ItemHistory, pk=change_id, item_id=item_id)
    state = state_after(change)
    now = values_of(item) if item else dict.fromkeys(NAMES)
    if request.method == "POST" and _restore(model_admin, request, item_id, state):
        return HttpResponseRedirect(reverse("admin:catalog_item_history", args=[item_id]))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Restore this state" if item else "Bring this item back",
        "opts": model_admin.opts,
        "item": item,
        "item_id": item_id,
        "change": change,
        "differences": differences_between(now, state),
        "seen_version": item.version if item else "",
    }
    return TemplateResponse(request, "admin/catalog/item/restore.html", context)


def _present(item_id: int) -> Item | None:
    return Item.objects.defer("search").filter(pk=item_id).first()


def _may_restore(model_admin: ItemModelAdmin, request: HttpRequest, item: Item | None) -> bool:
    return model_admin.has_change_permission(request) if item else model_admin.has_add_permission(request)


def _restore(model_admin: ItemModelAdmin, request: HttpRequest, item_id: int, state: dict[str, Any]) -> bool:
    """Write the state; return whether that was done, and tell the user either way."""
    try:
        with acting(request.user.get_username()):
            item = Item.objects.select_for_update().defer("search").filter(pk=item_id).first()
            if (str(item.version) if item else "") != request.POST.get("seen_version"):
                messages.error(request, "The item has been changed meanwhile. This is how restoring looks now.")
                return False
            restored = item or Item(pk=item_id)
            for attribute, value in attributes({name: state[name] for name in NAMES}).items():
                setattr(restored, attribute, value)
            restored.full_clean(validate_unique=False)
            if item:
                restored.save(update_fields=NAMES)
            else:
                restored.save(force_insert=True)
            model_admin.log_change(request, restored, "Restored an earlier state.")
    except ValidationError as error:
        messages.error(request, "Not restored. " + " ".join(error.messages))
        return False
    except DatabaseError as error:
        messages.error(request, message_of(error))
        return False
    messages.success(request, f"“{restored.name}” is as it was.")
    return True
