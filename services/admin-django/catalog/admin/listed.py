"""The rows of the list that can be edited in place."""

from django import forms

from catalog.admin.versions import ItemForm
from catalog.models import Category, Item

IN_A_SELECT = 200  # categories; with more of them, a row takes the slug as text


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
            widget=forms.Select if len(categories) <= IN_A_SELECT else forms.TextInput,
        )
        price = Item._meta.get_field("price").formfield(show_hidden_initial=True)

        class Meta(ItemForm.Meta):
            fields = ("category", "price")

    return ListedItemForm
