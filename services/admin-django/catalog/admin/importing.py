"""Items from a file, by django-import-export: looked at first, row by row, then written as one action."""

import json
import re
from contextlib import nullcontext
from decimal import Decimal
from html import escape
from typing import Any
from uuid import uuid4

import tablib
from django.contrib import messages
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, models
from django.db.models.fields import NOT_PROVIDED
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import mark_safe
from import_export.admin import ImportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, JSON
from import_export.forms import ImportForm
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import Diff, ModelResource
from import_export.results import Result
from import_export.tmp_storages import BaseStorage
from import_export.widgets import CharWidget, ForeignKeyWidget, Widget

from catalog.actors import acting
from catalog.admin.bulk import allow_time, log_action
from catalog.admin.refusals import refusal
from catalog.item_fields import DEFAULTS, NAMES, ItemField, UnknownKind
from catalog.models import Category, Item
from catalog.snapshots import one_snapshot

LIMIT = 2000  # rows: what can be looked at row by row while somebody waits
KEPT_SECONDS = 15 * 60
INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
PRICE = re.compile(r"[0-9]{1,8}(\.[0-9]{1,2})?", re.ASCII)


class PriceWidget(Widget):
    """A price as the API writes it; a number of JSON is the decimal number that stands in the file."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal:
        text = str(value).strip()
        if not PRICE.fullmatch(text):
            raise ValueError("A price looks like 12.50: at most 8 digits, a point, at most 2 digits.")
        return Decimal(text)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return f"{value:.2f}" if isinstance(value, Decimal) else ""


class TextWidget(CharWidget):
    """A text; what is no text in JSON is refused instead of being turned into one."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not a text.")
        if "\0" in value:
            raise ValueError("A text cannot contain a NUL character.")
        return value


class OptionalTextWidget(TextWidget):
    """A short text that may be missing, as a sku is."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        return super().clean(value).strip() or None


class WholeNumberWidget(Widget):
    """A whole number, or none."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        text = "" if value is None else str(value).strip()
        if text and not INTEGER.fullmatch(text):
            raise ValueError(f"{value!r} is not a whole number.")
        return int(text) if text else None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class CategoryWidget(ForeignKeyWidget):
    """A category by its slug; all are read once per file."""

    def __init__(self) -> None:
        super().__init__(Category, "slug")
        self.by_slug: dict[str, Category] = {}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Category | None:
        slug = str(value or "").strip()
        if slug and slug not in self.by_slug:
            raise ValueError(f"There is no category “{slug[:64]}”.")
        return self.by_slug.get(slug)


def _widget(field: ItemField) -> Widget:
    match field:
        case models.ForeignKey():
            return CategoryWidget()
        case models.DecimalField():
            return PriceWidget()
        case models.IntegerField():
            return WholeNumberWidget()
        case models.CharField(null=True):
            return OptionalTextWidget()
        case models.CharField() | models.TextField():
            return TextWidget()
    raise UnknownKind(field, "catalog.admin.importing")


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
        return Field(field_name, field_name, _widget(django_field), default)

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


class ExactCSV(CSV):
    def get_title(self) -> str:
        return "csv"

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> tablib.Dataset:
        return _checked(super().create_dataset(in_stream, **kwargs))


class ExactJSON(JSON):
    """JSON whose numbers never become floats."""

    def get_title(self) -> str:
        return "json"

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> tablib.Dataset:
        rows = json.loads(in_stream.decode("utf-8-sig"), parse_float=Decimal, parse_constant=str)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError("The file is not a JSON array of objects.")
        columns = list(dict.fromkeys(name for row in rows for name in row))
        return _checked(tablib.Dataset(*([row.get(name) for name in columns] for row in rows), headers=columns))


def _checked(dataset: tablib.Dataset) -> tablib.Dataset:
    """Return the rows of a file; raise ValueError for what is wrong with the file as a whole."""
    columns = dataset.headers or []
    if "sku" not in columns:
        raise ValueError("The file has no column “sku”, which tells which item a row is.")
    if len(set(columns)) < len(columns):
        raise ValueError("The file has a column twice.")
    if unknown := [str(column)[:64] for column in columns if column not in NAMES]:
        raise ValueError(f"The file has columns that items do not have: {', '.join(unknown)}.")
    if len(dataset) > LIMIT:
        raise ValueError(f"The file has more than {LIMIT:,} rows: `manage.py load_items` takes files of any length.")
    return dataset


class OutdatedPreview(Exception):
    """What could be written when it was looked at cannot be written now."""


class KeptInDatabase(BaseStorage):
    """The file between preview and confirmation, as a session of its own: every process finds it, and it expires."""

    def save(self, data: bytes) -> None:
        kept = SessionStore()
        kept["import"] = data.decode("latin-1")  # byte by byte; whether it is UTF-8 is told when it is read
        kept.set_expiry(KEPT_SECONDS)
        kept.create()
        self.name = kept.session_key

    def read(self) -> bytes:
        content: str | None = SessionStore(self.name).get("import")
        if content is None:
            raise ValueError("The file is no longer kept: choose it again.")
        return content.encode("latin-1")

    def remove(self) -> None:
        SessionStore(self.name).delete()


class ItemImportForm(ImportForm):
    """The file and its format."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors and (file := cleaned.get("import_file")):
            self.add_error("import_file", f"Choose “{file.name}” again: a page cannot bring a file back.")
        return cleaned


class ImportsItems(ImportMixin):
    """What the admin of items needs to import them."""

    import_form_class = ItemImportForm
    resource_classes = (ItemResource,)
    import_formats = (ExactCSV, ExactJSON)
    tmp_storage_class = KeptInDatabase
    skip_admin_log = True  # the history has every row
    change_list_template = "admin/catalog/item/change_list.html"
    import_export_change_list_template = "admin/catalog/item/change_list.html"
    import_template_name = "admin/catalog/item/import.html"

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        if isinstance(e, UnicodeDecodeError):
            form.add_error("import_file", "The file is not UTF-8.")
        else:
            form.add_error("import_file", f"The file cannot be read in this format. {e}")

    def process_import(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Import the file that is kept; where that is refused, answer with what it would do now, ready to be confirmed.

        The page of a refused file has this address, so the next file comes here too.
        """
        if "import_file" in request.FILES:
            return self.import_action(request, **kwargs)
        try:
            try:
                return super().process_import(request, **kwargs)
            except OutdatedPreview:
                messages.error(request, "Nothing was imported: the items have changed since the preview. Look again.")
            except DatabaseError as error:
                messages.error(request, f"Nothing was imported. {refusal(error)}")
            return self.import_action(request, **kwargs)
        except ValueError as error:  # of a file that cannot be read, or no longer
            messages.error(request, f"Nothing was imported. {error}")
            return HttpResponseRedirect(reverse("admin:catalog_item_import"))

    def get_import_form_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Let a file that is kept be looked at as if it had been sent once more."""
        kwargs: dict[str, Any] = super().get_import_form_kwargs(request)
        if kept := request.POST.get("import_file_name"):
            name = request.POST.get("original_file_name", "")
            kwargs["files"] = {"import_file": SimpleUploadedFile(name or "file", KeptInDatabase(name=kept).read())}
        return kwargs

    def get_import_formats(self) -> list[Any]:
        return list(self.import_formats)

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(["catalog.add_item", "catalog.change_item"])

    def process_dataset(self, dataset: tablib.Dataset, form: Any, request: HttpRequest, **kwargs: Any) -> Result:
        """Write all rows as one action, which can be undone; none if one of them is refused."""
        action = uuid4()
        with acting(request.user.get_username(), action):
            allow_time()
            result: Result = super().process_dataset(
                dataset, form, request, rollback_on_validation_errors=True, **kwargs
            )
            if result.has_errors() or result.has_validation_errors():
                raise OutdatedPreview  # before the library forgets the file
            written = sum(result.totals[kind] for kind in ("new", "update"))
            if written:
                log_action(request, action, f"import of {written:,} items")
        return result
