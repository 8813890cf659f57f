"""The pages of an import: the file, its preview, and its confirmation."""

from typing import Any
from uuid import uuid4

import tablib
from django.contrib import messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ImportMixin
from import_export.forms import ImportForm
from import_export.results import Result

from catalog.admin.bulk import allow_time, log_action
from catalog.admin.database_errors import message_of
from catalog.admin.importing.file_formats import ExactCSV, ExactJSON
from catalog.admin.importing.item_resource import ItemResource
from catalog.admin.importing.kept_file import KeptInDatabase
from catalog.audit_actor import acting


class OutdatedPreview(Exception):
    """What could be written when it was looked at cannot be written now."""


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
                messages.error(request, f"Nothing was imported. {message_of(error)}")
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
