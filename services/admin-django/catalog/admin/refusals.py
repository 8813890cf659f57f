"""What the database refuses is told on the page."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled

from catalog.actors import acting

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AnyModelAdmin = object

# The database is there: it gave this one up.
GIVEN_UP = (DeadlockDetected, LockNotAvailable, QueryCanceled)


class RefusalsAreMessages(AnyModelAdmin):
    """Show what the database refuses on the form, and sign every change with the user's name.

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

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        def view() -> HttpResponse:
            if request.method != "POST":
                return super(RefusalsAreMessages, self).changelist_view(request, extra_context)
            with transaction.atomic():  # forms are checked and saved under the same locks
                return super(RefusalsAreMessages, self).changelist_view(request, extra_context)

        return _second_look(request, view)

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


def refusal(error: Exception) -> str:
    """Return in a sentence why the database did not do it. Raises the error when the database is not there."""
    if isinstance(error.__cause__, GIVEN_UP):
        return "Others are changing the same items at the moment, or there is too much to change. Nothing was changed."
    if isinstance(error, OperationalError):
        raise error
    reason = str(error).partition("\n")[0]
    return f"Not saved, because the database refuses it: {reason}"


def _second_look(request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    """Return the view's response; where the database refuses, the response of a second try, or a message."""
    for _ in range(2):
        try:
            return view()
        except (DatabaseError, ProtectedError) as error:
            message = refusal(error)
    messages.error(request, message)
    return HttpResponseRedirect(request.get_full_path())
