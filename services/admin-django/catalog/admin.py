"""The back office."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db import DatabaseError, OperationalError
from django.db.models import ProtectedError, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from catalog.estimates import EstimatingPaginator
from catalog.models import Category, Item
from catalog.search import ItemSearchQuery

if TYPE_CHECKING:
    ItemModelAdmin = admin.ModelAdmin[Item]
    CategoryModelAdmin = admin.ModelAdmin[Category]
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    ItemModelAdmin = CategoryModelAdmin = admin.ModelAdmin
    AnyModelAdmin = object

admin.site.site_header = "Triptych"
admin.site.site_title = "Triptych"
admin.site.index_title = "Back office"


class RefusalsAreMessages(AnyModelAdmin):
    """Show what the database refuses on the form.

    The form checks every constraint before it saves; yet somebody may take the same sku, or delete the category, in
    between. On a second look the form finds that and shows it where it belongs.
    """

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        return _second_look(
            request,
            lambda: super(RefusalsAreMessages, self).changeform_view(request, object_id, form_url, extra_context),
        )

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        return _second_look(
            request, lambda: super(RefusalsAreMessages, self).delete_view(request, object_id, extra_context)
        )


def _second_look(request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    """Return the view's response; where the database refuses, the response of a second try, or a message."""
    for _ in range(2):
        try:
            return view()
        except OperationalError:  # the database is away; nothing to look at
            raise
        except (DatabaseError, ProtectedError) as error:
            refusal = str(error).partition("\n")[0]
    messages.error(request, f"Not saved, because the database refuses it: {refusal}")
    return HttpResponseRedirect(request.get_full_path())


@admin.register(Item)
class ItemAdmin(RefusalsAreMessages, ItemModelAdmin):
    fieldsets = ((None, {"fields": ("name", "description", ("price", "sku"), "category")}),)
    readonly_fields = ("version", "created_at", "updated_at")
    autocomplete_fields = ("category",)
    list_display = ("name", "sku", "category", "price", "updated")
    sortable_by = ("name", "sku", "price", "updated")  # what an index has in order
    list_select_related = ("category",)
    list_filter = ("category",)
    list_per_page = 50
    ordering = ("-id",)
    search_fields = ("name", "description", "sku")
    search_help_text = "Words of the name or description, as in the API’s “q”, or a whole sku."
    paginator = EstimatingPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count the items of every category

    def get_fieldsets(self, request: HttpRequest, obj: Item | None = None) -> Any:
        """Add what the database sets by itself, once it has."""
        stamps = ("Kept by the database", {"fields": ("version", "created_at", "updated_at")})
        return (*self.fieldsets, stamps) if obj else self.fieldsets

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


@admin.register(Category)
class CategoryAdmin(RefusalsAreMessages, CategoryModelAdmin):
    fields = ("slug", "name")
    list_display = ("name", "slug")
    search_fields = ("name", "slug")
    ordering = ("slug",)
    actions = None  # deleting many would first list every item of each

    def get_readonly_fields(self, request: HttpRequest, obj: Category | None = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Category | None = None) -> bool:
        """Only an empty category can go; said before the confirmation page lists a hundred thousand items."""
        return super().has_delete_permission(request, obj) and not (obj and obj.items.exists())
