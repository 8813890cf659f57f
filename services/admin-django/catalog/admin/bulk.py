"""Changes of many items at once: shown with examples before they are made, and undone as one."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import DatabaseError, connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Round
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from catalog.admin.database_errors import message_of
from catalog.audit_actor import acting
from catalog.models import Category, Item, ItemHistory

if TYPE_CHECKING:
    ItemModelAdmin = admin.ModelAdmin[Item]
else:
    ItemModelAdmin = object

LIMIT = 100_000  # items in one action
EXAMPLES = 8
TIMEOUT = "110s"  # below the two minutes that the gateway waits for the admin: the answer still arrives
PATIENCE = "5s"  # with others who change the same items


@dataclass(frozen=True)
class Example:
    """An item, and what of it the action changes."""

    item: Item
    before: str
    after: str


class BulkForm(forms.Form):
    """What the user has to say about a change of many items, and how it is made."""

    title: str

    def summary(self) -> str:
        """Return in a few words what will be done."""
        raise NotImplementedError

    def example(self, item: Item) -> Example:
        """Return what this would do to an item."""
        raise NotImplementedError

    def apply(self, items: QuerySet[Item]) -> int:
        """Do it with one statement, and return how many items have changed."""
        raise NotImplementedError


class DiscountForm(BulkForm):
    title = "Discount"
    percentage = forms.DecimalField(
        label="Percent off",
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(100)],
        help_text="More than 0, at most 100. The new price is rounded to the cent, half a cent up.",
    )

    def summary(self) -> str:
        """Return in a few words what will be done."""
        return f"discount of {self.cleaned_data['percentage'].normalize():f} %"

    def _price(self) -> Round:
        """Return the new price: numeric throughout, and never below 0, because no more than 100 % come off."""
        return Round(F("price") * Value(1 - self.cleaned_data["percentage"] / 100), precision=2)

    def example(self, item: Item) -> Example:
        new = Item.objects.filter(pk=item.pk).values_list(self._price(), flat=True).get()
        return Example(item, str(item.price), f"{new:.2f}")

    def apply(self, items: QuerySet[Item]) -> int:
        return items.filter(~Q(price=self._price())).update(price=self._price())


class CategoryForm(BulkForm):
    title = "Set the category"
    category = forms.ModelChoiceField(Category.objects.order_by("name"), required=False, empty_label="No category")

    def summary(self) -> str:
        """Return in a few words what will be done."""
        return f"category “{self.cleaned_data['category'] or 'none'}”"

    def example(self, item: Item) -> Example:
        return Example(item, str(item.category or "none"), str(self.cleaned_data["category"] or "none"))

    def apply(self, items: QuerySet[Item]) -> int:
        category = self.cleaned_data["category"]
        others = Q(category__isnull=False) if category is None else Q(category=None) | ~Q(category=category)
        return items.filter(others).update(category=category)


class DeletionForm(BulkForm):
    title = "Delete items"

    def summary(self) -> str:
        """Return in a few words what will be done."""
        return "deletion"

    def example(self, item: Item) -> Example:
        return Example(item, str(item.price), "deleted")

    def apply(self, items: QuerySet[Item]) -> int:
        # one statement: nothing refers to items, so there is nothing that the framework would have to look for
        return items._raw_delete(using=items.db)


@admin.action(description="Discount the selected items…", permissions=["change"])
def discount(model_admin: ItemModelAdmin, request: HttpRequest, items: QuerySet[Item]) -> HttpResponse | None:
    """Take a percentage off the price."""
    return _bulk(model_admin, request, items, DiscountForm)


@admin.action(description="Set the category of the selected items…", permissions=["change"])
def set_category(model_admin: ItemModelAdmin, request: HttpRequest, items: QuerySet[Item]) -> HttpResponse | None:
    """Put the items into one category."""
    return _bulk(model_admin, request, items, CategoryForm)


@admin.action(description="Delete the selected items…", permissions=["delete"])
def delete_items(model_admin: ItemModelAdmin, request: HttpRequest, items: QuerySet[Item]) -> HttpResponse | None:
    """Delete the items."""
    return _bulk(model_admin, request, items, DeletionForm)


def _bulk(
    model_admin: ItemModelAdmin, request: HttpRequest, selected: QuerySet[Item], form_class: type[BulkForm]
) -> HttpResponse | None:
    """Ask, show, and do: the page of an action, or None once it has been done, which leads back to the list."""
    items = Item.objects.filter(pk__in=selected.order_by().values("pk")[: LIMIT + 1])
    count = items.count()
    if count > LIMIT:
        messages.error(request, f"That is more than {LIMIT:,} items: narrow the list first, by a search or a filter.")
        return None
    step = request.POST.get("step", "ask")
    if step == "ask" and form_class.base_fields:
        form = form_class(initial=request.POST.dict())  # of who comes back from the preview
    else:
        form = form_class(request.POST)
    valid = form.is_valid()
    if step == "apply" and valid and _apply(request, items, form):
        return None
    shown = list(items.select_related("category").defer("search").order_by("-id")[:EXAMPLES]) if valid else []
    context = {
        **model_admin.admin_site.each_context(request),
        "title": form.title,
        "opts": model_admin.opts,
        "form": form,
        "count": count,
        "examples": [form.example(item) for item in shown],
        "chosen": form.summary() if valid else "",
        "deletion": form_class is DeletionForm,
        "action": request.POST["action"],
        "select_across": request.POST.get("select_across", "0"),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/catalog/item/bulk.html", context)


def _apply(request: HttpRequest, items: QuerySet[Item], form: BulkForm) -> bool:
    """Do it and tell the user; return whether it was done, or need not be, so that nobody has to be asked again."""
    action = uuid4()
    try:
        with acting(request.user.get_username(), action):
            allow_time()
            changed = form.apply(items)
            if changed:
                log_action(request, action, f"{form.summary()} on {changed:,} item{'' if changed == 1 else 's'}")
    except DatabaseError as error:
        messages.error(request, message_of(error))
        return False
    if not changed:
        messages.info(request, "Nothing to change: the items are like that already.")
        return True
    link = reverse("admin:catalog_itemhistory_change", args=[action])
    text = "{} item{} changed: {}. <a href='{}'>See what changed, or undo it</a>."
    messages.success(request, format_html(text, f"{changed:,}", "" if changed == 1 else "s", form.summary(), link))
    return True


def allow_time() -> None:
    """Give the statements of this transaction the time that many items need; but none to wait for others."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'; SET LOCAL lock_timeout = '{PATIENCE}'")


def log_action(request: HttpRequest, action: UUID, description: str) -> None:
    """Note an action in the log of the back office, where the dashboard finds it; it leads to the action's page."""
    user: Any = request.user
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(ItemHistory),
        object_id=str(action),
        object_repr=description[:200],
        action_flag=CHANGE,
    )
