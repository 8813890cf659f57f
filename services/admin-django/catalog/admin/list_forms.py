"""The list of items: text, and with `?edit` a form of its rows."""

from typing import Any

from django import forms
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.admin.versions import ItemForm, SeenVersion
from catalog.models import Category, Item

IN_A_SELECT = 200  # categories; with more of them, a row takes the slug as text
EDIT = "edit"  # the parameter of the list that makes it a form


class ItemList(ChangeList):
    """The list, whose rows are text until somebody wants to edit them."""

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        # where a button leads: the same page as a form, and as text again
        page = {PAGE_VAR: self.page_num} if self.page_num > 1 else {}
        self.editing_link = self.get_query_string({EDIT: 1, **page})
        self.reading_link = self.get_query_string(page, [EDIT])
        if EDIT not in self.params and "_save" not in request.POST:
            self.list_editable = ()

    def get_filters_params(self, params: Any = None) -> Any:
        """Return what the list is filtered by, which the mode is no part of."""
        filters = super().get_filters_params(params)
        filters.pop(EDIT, None)
        return filters


class PlainSelect(forms.Select):
    """A select written at once: the framework renders a template per option, and a page has a thousand of them."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, SafeString(" selected") if key == chosen else "", label) for key, label in self.choices),
        )
        return format_html('<select name="{}"{}>{}</select>', name, flatatt({**(attrs or {}), **self.attrs}), options)


class PlainInput(forms.TextInput):
    """An input written at once."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        template = '<input type="{}" name="{}" value="{}"{} autocomplete="off">'
        text = "" if value is None else str(value)
        return format_html(template, self.input_type, name, text, flatatt({**(attrs or {}), **self.attrs}))


class PlainHidden(PlainInput):
    input_type = "hidden"


def list_form() -> type[ItemForm]:
    """Return the form of a row, whose choice of categories is read once for all rows.

    Fields carry what they were when the page was made: a row that its user left alone is no change, whoever changed it
    meanwhile.
    """
    categories = {category.slug: category for category in Category.objects.order_by("name", "slug")}

    class ItemRowForm(ItemForm):
        category = forms.TypedChoiceField(
            choices=[("", "—"), *((slug, category.name) for slug, category in categories.items())],
            coerce=categories.__getitem__,
            empty_value=None,
            required=False,
            show_hidden_initial=True,
            widget=PlainSelect if len(categories) <= IN_A_SELECT else PlainInput,
        )
        price = forms.DecimalField(
            max_digits=10, decimal_places=2, min_value=0, show_hidden_initial=True, widget=PlainInput
        )

        seen_version = SeenVersion(required=False, widget=PlainHidden)

        class Meta:
            model = Item
            fields = ("category", "price")

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            for name in ("category", "price"):  # the column's head says it to the eye only
                self.fields[name].widget.attrs["aria-label"] = f"{name.capitalize()} of {self.instance.name}"

    for field in ItemRowForm.base_fields.values():
        field.hidden_widget = PlainHidden
    return ItemRowForm
