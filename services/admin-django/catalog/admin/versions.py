"""Forms that know which version of the item their user looked at: nobody overwrites what they have not seen."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models

from catalog.history import latest_change
from catalog.item_fields import NAMES, WRITABLE
from catalog.models import Item

if TYPE_CHECKING:
    ItemModelForm = forms.ModelForm[Item]
else:
    ItemModelForm = forms.ModelForm


class SeenVersion(forms.IntegerField):
    """The version that was shown; that it differs from the present one is no change by the user."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class UntouchedText(forms.CharField):
    """A text that only typing changes: not what a browser makes of its line breaks, nor the framework of its ends."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n").replace("\r", "\n") if text else text

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.to_python(initial), data)


class ItemForm(ItemModelForm):
    """The form of one item. Refuses once what was changed by somebody else meanwhile, and says who did that."""

    seen_version = SeenVersion(required=False)
    compares_versions = True  # not where the form comes back for another reason, without the row's lock

    class Meta:
        model = Item
        fields = NAMES
        field_classes = {
            field.name: UntouchedText for field in WRITABLE if isinstance(field, models.CharField | models.TextField)
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen_version"] = self.instance.version

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.compares_versions and self.instance.pk and self.has_changed():
            self._refuse_overwriting()
        return cleaned

    def clean_sku(self) -> str | None:
        """Return the sku; none is null, so that many items may have none."""
        return self.cleaned_data["sku"] or None

    def _refuse_overwriting(self) -> None:
        """Compare versions under the row's lock, which the transaction of the view keeps until the item is saved."""
        rows = Item.objects.select_for_update().filter(pk=self.instance.pk)
        version = rows.values_list("version", flat=True).first()
        seen = self.cleaned_data.get("seen_version")
        if version is None:
            self.add_error(None, "Somebody has deleted this item. Its history can bring it back.")
        elif seen != version:
            self.add_error(None, f"{latest_change(self.instance.pk, seen)} Save again if you still mean yours.")
            self._look_at(version)

    def _look_at(self, version: int) -> None:
        """Let the form, shown again with its message, know the present version: the next save is meant."""
        typed: Any = self.data  # a QueryDict, which has a list of values per name
        self.data = typed = typed.copy()
        typed[self.add_prefix("seen_version")] = str(version)
