"""The rows of the list that can be edited in place."""

from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.admin.versions import ItemForm, SeenVersion
from catalog.models import Category, Item

IN_A_SELECT = 200  # categories; with more of them, a row takes the slug as text


class PlainSelect(forms.Select):
    """A select written at once: the framework renders a template per option, and a page has a thousand of them."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, SafeString(" selected") if key == chosen else "", label) for key, label in self.choices),
        )
        return format_html('<select name="{}" id="{}">{}</select>', name, (attrs or {}).get("id", name), options)


class PlainInput(forms.TextInput):
    """An input written at once."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        template = '<input type="{}" name="{}" value="{}" id="{}" autocomplete="off">'
        text = "" if value is None else str(value)
        return format_html(template, self.input_type, name, text, (attrs or {}).get("id", name))


class PlainHidden(PlainInput):
    input_type = "hidden"


def listed_form() -> type[ItemForm]:
    """Return the form of a row, whose choice of categories is read once for all rows.

    Fields carry what they were when the page was made: a row that its user left alone is no change, whoever changed it
    meanwhile.
    """
    categories = {category.slug: category for category in Category.objects.order_by("name", "slug")}

    class ListedItemForm(ItemForm):
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

    for field in ListedItemForm.base_fields.values():
        field.hidden_widget = PlainHidden
    return ListedItemForm
