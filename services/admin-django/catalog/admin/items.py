"""Items in the back office."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from catalog.admin import bulk
from catalog.admin.database_errors import DatabaseErrorsAsMessages, form_error, set_form_error
from catalog.admin.exporting import export_view
from catalog.admin.filters import PriceFilter, UpdatedFilter
from catalog.admin.importing.views import ImportsItems
from catalog.admin.item_history import history_view, restore_view
from catalog.admin.list_forms import EDIT, ItemList, list_form
from catalog.admin.posted import PostedRows, drop_gone_rows, is_posted
from catalog.admin.versions import ItemForm
from catalog.estimates import EstimatingPaginator
from catalog.item_fields import NAMES
from catalog.models import Item
from catalog.search import ItemSearchQuery

if TYPE_CHECKING:
    ItemModelAdmin = admin.ModelAdmin[Item]
else:
    ItemModelAdmin = admin.ModelAdmin


@admin.register(Item)
class ItemAdmin(DatabaseErrorsAsMessages, ImportsItems, ItemModelAdmin):  # type: ignore[misc]  # the templates' types
    form = ItemForm
    fieldsets = ((None, {"fields": ("name", "description", ("price", "sku"), "category", "seen_version")}),)
    readonly_fields = ("version", "created_at", "updated_at")
    autocomplete_fields = ("category",)
    list_display = ("name", "sku", "category", "price", "updated")
    list_editable = ("category", "price")
    sortable_by = ("name", "sku", "price", "updated")  # what an index has in order
    list_select_related = ("category",)
    list_filter = (("category", admin.RelatedFieldListFilter), PriceFilter, UpdatedFilter)
    list_per_page = 50
    ordering = ("-id",)
    search_fields = ("name", "description", "sku")
    search_help_text = "Words of the name or description, as in the API’s “q”, or a whole sku."
    paginator = EstimatingPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count the items of every category
    actions = (bulk.discount, bulk.set_category, bulk.delete_items)
    actions_on_bottom = False

    def get_fieldsets(self, request: HttpRequest, obj: Item | None = None) -> Any:
        """Add the fields that have no place in the layout, and what the database sets by itself, once it has."""
        placed = set(flatten_fieldsets(self.fieldsets))
        others = (None, {"fields": tuple(name for name in NAMES if name not in placed)})
        stamps = ("Kept by the database", {"fields": ("version", "created_at", "updated_at")})
        fieldsets = (*self.fieldsets, others) if others[1]["fields"] else self.fieldsets
        return (*fieldsets, stamps) if obj else fieldsets

    def get_actions(self, request: HttpRequest) -> Any:
        """Leave the framework's own deletion out: it would load every item first."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.display(ordering="updated_at", description="updated (UTC)")
    def updated(self, item: Item) -> str:
        """Return when the item last changed, to the minute."""
        return f"{item.updated_at:%Y-%m-%d %H:%M}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Item]:
        return super().get_queryset(request).defer("search")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Item], search_term: str
    ) -> tuple[QuerySet[Item], bool]:
        """Search by the index that the API uses; the framework's own search would read every row."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(Q(search=ItemSearchQuery(search_term)) | Q(sku=search_term.strip())), False

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[ItemForm]:
        form = list_form()
        form.compares_versions = not form_error(request)
        return form

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ItemList]:
        return PostedRows if is_posted(request) else ItemList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if is_posted(request) and (gone := drop_gone_rows(request)):
            set_form_error(
                request, f"Somebody has deleted {gone} meanwhile. Nothing was saved: save the others once more."
            )
        response = super().changelist_view(request, extra_context)
        if is_posted(request) and response.status_code == 302:
            return HttpResponseRedirect(_without_edit(request))
        return response

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("export/", view(self.export), name="catalog_item_export"),
            path("<int:item_id>/history/<int:change_id>/restore/", view(self.restore), name="catalog_item_restore"),
            *super().get_urls(),
        ]

    def export(self, request: HttpRequest) -> Any:
        """Answer with all the items that the list would show, as a file."""
        return export_view(self, request)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show who changed what, by the history that the database keeps."""
        return history_view(self, request, object_id)

    def restore(self, request: HttpRequest, item_id: int, change_id: int) -> HttpResponse:
        """Show what going back to an earlier state would change; do it when told so."""
        return restore_view(self, request, item_id, change_id)


def _without_edit(request: HttpRequest) -> str:
    """Return the address of the list as text, which it is again once its form is saved."""
    query = request.GET.copy()
    query.pop(EDIT, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path
