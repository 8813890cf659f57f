"""What third parties register themselves, and how it differs here."""

from typing import Any

from axes import admin as axes_pages  # noqa: F401  # first, so that it can be taken back
from axes.models import AccessFailureLog, AccessLog
from catalog.admin.database_errors import DatabaseErrorsAsMessages
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django_otp.plugins.otp_static import admin as otp_pages  # noqa: F401
from django_otp.plugins.otp_static.models import StaticDevice

admin.site.unregister([AccessFailureLog, AccessLog])  # not kept, see AXES_DISABLE_ACCESS_LOG
admin.site.unregister(StaticDevice)  # would show recovery codes in the clear
admin.site.unregister([User, Group])


@admin.register(User)
class Users(DatabaseErrorsAsMessages, UserAdmin):  # type: ignore[type-arg]
    """Users, whose forms come back as they were typed when the database refuses them."""

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Write every field: a date that was typed on a form that came back is no change to the framework."""
        obj.save()


@admin.register(Group)
class Groups(DatabaseErrorsAsMessages, GroupAdmin):
    """Groups, likewise."""
