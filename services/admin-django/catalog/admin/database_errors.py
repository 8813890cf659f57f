"""Errors of the database, as messages on the page."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from catalog.audit_actor import acting
from catalog.waiting import given_up, timed_out

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AnyModelAdmin = object


class DatabaseErrorsAsMessages(AnyModelAdmin):
    """Show what the database refuses on the form, and sign every change with the user's name.

    The form checks every constraint before it saves; yet somebody may take the same sku, or delete the category, in
    between. On a second look the form finds that and shows it where it belongs. What it does not find is shown above
    the form, which comes back as it was typed.
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
            lambda: super(DatabaseErrorsAsMessages, self).changeform_view(request, object_id, form_url, extra_context),
            has_form=request.method == "POST",
        )

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        return _second_look(
            request, lambda: super(DatabaseErrorsAsMessages, self).delete_view(request, object_id, extra_context)
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        def view() -> HttpResponse:
            if request.method != "POST":
                return super(DatabaseErrorsAsMessages, self).changelist_view(request, extra_context)
            with transaction.atomic():  # forms are checked and saved under the same locks
                return super(DatabaseErrorsAsMessages, self).changelist_view(request, extra_context)

        return _second_look(request, view, has_form=request.method == "POST" and "_save" in request.POST)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return failing(form, request) if form_error(request) else form

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        formset = super().get_changelist_formset(request, **kwargs)
        return failing(formset, request) if form_error(request) else formset

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write what was changed on the form and nothing else: the rest may be newer than the form."""
        with acting(request.user.get_username()):
            if not change:
                obj.save(force_insert=True)
            elif changed := {field.name for field in obj._meta.concrete_fields}.intersection(form.changed_data):
                obj.save(update_fields=changed)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with acting(request.user.get_username()):
            obj.delete()


def message_of(error: Exception) -> str:
    """Return in a sentence why the database did not do it. Raises the error when the database is not there."""
    if waiting := given_up(error):
        return waiting
    if isinstance(error, OperationalError):
        raise error
    reason = str(error).partition("\n")[0]
    return f"Not saved, because the database refuses it: {reason}"


def set_form_error(request: HttpRequest, message: str) -> None:
    """Let the form of the request's page be refused with this message, and come back as it was typed."""
    request.form_error = message  # type: ignore[attr-defined]


def form_error(request: HttpRequest) -> str:
    """Return why the form of the request's page is refused, whatever it says; else an empty text."""
    return getattr(request, "form_error", "")


def failing(form: Any, request: HttpRequest) -> Any:
    """Return a form's or formset's class, of which each is refused as the request was told, unchecked."""

    class Failing(form):  # type: ignore[misc]
        def clean(self) -> None:
            raise ValidationError(form_error(request))

    return Failing


def _second_look(request: HttpRequest, view: Callable[[], HttpResponse], has_form: bool = False) -> HttpResponse:
    """Return the view's response; where the database refuses, that of a second try, or the message, with the form."""
    for _ in range(2):
        try:
            return view()
        except (DatabaseError, ProtectedError) as error:
            message = message_of(error)
            if timed_out(error):
                break
    if has_form:
        set_form_error(request, message)
        return view()
    messages.error(request, message)
    return HttpResponseRedirect(request.get_full_path())
