"""Categories in the back office."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from catalog.admin.database_errors import DatabaseErrorsAsMessages
from catalog.estimates import EstimatingPaginator
from catalog.models import Category

if TYPE_CHECKING:
    CategoryModelAdmin = admin.ModelAdmin[Category]
else:
    CategoryModelAdmin = admin.ModelAdmin

SHOWN = 20


@admin.register(Category)
class CategoryAdmin(DatabaseErrorsAsMessages, CategoryModelAdmin):
    list_display = ("name", "slug", "items")
    search_fields = ("name", "slug")
    ordering = ("slug",)
    actions = None  # deleting many would first list every item of each

    def get_fields(self, request: HttpRequest, obj: Category | None = None) -> tuple[str, ...]:
        return ("slug", "name", "latest_items") if obj else ("slug", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Category | None = None) -> tuple[str, ...]:
        return ("slug", "latest_items") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Category | None = None) -> bool:
        """Only an empty category can go; said before the confirmation page lists a hundred thousand items."""
        return super().has_delete_permission(request, obj) and not (obj and obj.items.exists())

    @admin.display(description="items")
    def items(self, category: Category) -> str:
        """Return a link to the list of the category's items."""
        return format_html('<a href="{}">Show items</a>', _list_of(category))

    @admin.display(description="items")
    def latest_items(self, category: Category) -> str:
        """Return the latest items of the category as a table, about how many there are, and a link to all."""
        items = category.items.defer("search").order_by("-id")
        context = {"items": items[:SHOWN], "count": EstimatingPaginator(items, SHOWN).count, "list": _list_of(category)}
        return render_to_string("admin/catalog/category/items.html", context)


def _list_of(category: Category) -> str:
    return reverse("admin:catalog_item_changelist") + "?" + urlencode({"category__slug__exact": category.slug})
