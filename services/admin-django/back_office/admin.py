"""What third parties register themselves and nobody here needs."""

from axes import admin as axes_pages  # noqa: F401  # first, so that it can be taken back
from axes.models import AccessFailureLog, AccessLog
from django.contrib import admin
from django_otp.plugins.otp_static import admin as otp_pages  # noqa: F401
from django_otp.plugins.otp_static.models import StaticDevice

admin.site.unregister([AccessFailureLog, AccessLog])  # not kept, see AXES_DISABLE_ACCESS_LOG
admin.site.unregister(StaticDevice)  # would show recovery codes in the clear
