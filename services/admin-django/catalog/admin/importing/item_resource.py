"""The rows of a file, and the items that they are to become."""

from contextlib import nullcontext
from html import escape
from typing import Any

import tablib
from django.db.models.fields import NOT_PROVIDED
from django.utils.safestring import mark_safe
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import Diff, ModelResource
from import_export.results import Result

from catalog.admin.importing.widgets import widget_of
from catalog.item_fields import DEFAULTS, NAMES, ItemField
from catalog.models import Category, Item
from catalog.snapshots import one_snapshot


class ReadableDiff(Diff):
    """From what to what, without the inline styles that the content security policy refuses."""

    def as_html(self) -> list[str]:
        return [
            mark_safe(self._cell(str(was or ""), str(now or "")))
            for was, now in zip(self.left, self.right, strict=True)
        ]

    def _cell(self, was: str, now: str) -> str:
        was, now = escape(was[:200]), escape(now[:200])
        if was == now or self.new:
            return now
        return f"<del>{was}</del> <ins>{now}</ins>"


class ItemsOfFile(BaseInstanceLoader):
    """The items that the file's skus name, read at once; locked until all rows are written, if they are to be."""

    def __init__(self, resource: Any, dataset: tablib.Dataset | None = None) -> None:
        super().__init__(resource, dataset)
        skus = {_sku(sku) for sku in dataset["sku"]} if dataset else set()
        items = Item.objects.defer("search").select_related("category")
        if not resource.previews:
            items = items.select_for_update(of=("self",))
        self.by_sku = {item.sku: item for item in items.filter(sku__in=skus - {""})}

    def get_instance(self, row: Any) -> Item | None:
        return self.by_sku.get(_sku(row["sku"]))


def _sku(value: Any) -> str:
    return value.strip().replace("\0", "") if isinstance(value, str) else ""


class ItemResource(ModelResource):
    """The columns of a file. A row whose sku is taken changes that item; columns that a file lacks stay as they are."""

    previews = False

    class Meta:
        model = Item
        fields = NAMES
        import_id_fields = ("sku",)
        instance_loader_class = ItemsOfFile
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    @classmethod
    def field_from_django_field(cls, field_name: str, django_field: ItemField, readonly: bool) -> Field:
        """Return the column that a field of the model is read from."""
        default = DEFAULTS.get(field_name, NOT_PROVIDED)
        return Field(field_name, field_name, widget_of(django_field), default)

    def get_diff_class(self) -> type[Diff]:
        return ReadableDiff

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        self.fields["category"].widget.by_slug = Category.objects.in_bulk()
        self.seen: set[str] = set()

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        sku = _sku(row["sku"])
        if sku and sku in self.seen:
            raise ValueError(f"sku “{sku[:64]}” is in the file twice.")
        self.seen.add(sku)

    def after_import(self, dataset: tablib.Dataset, result: Result, **kwargs: Any) -> None:
        """Leave the sequence of ids alone, which the library would set: an import gives no ids, and may not."""

    def import_data(self, dataset: tablib.Dataset, dry_run: bool = False, **kwargs: Any) -> Result:
        """Return what becomes of the rows; dry, of reads and checks alone. The library would write and roll back."""
        self.previews = dry_run
        with one_snapshot() if dry_run else nullcontext():
            return super().import_data(dataset, dry_run, **kwargs)

    def do_instance_save(self, instance: Item, is_create: bool) -> None:
        if self.previews:
            return
        if is_create:
            instance.save(force_insert=True)
        else:
            instance.save(update_fields=NAMES)
