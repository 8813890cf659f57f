"""The back office: a front page that shows what happens, and a door with two locks."""

from typing import Any

from accounts import devices
from catalog.dashboard import dashboard
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode
from django_otp import DEVICE_ID_SESSION_KEY

from back_office.code import MINUTES_FOR_THE_CODE, CodeView
from back_office.forms import PasswordChangeForm
from back_office.second_factor import has_second_factor, second_factor_view


class PasswordChange(PasswordChangeView):
    """Who changes a password gives the old one, which counts as a login."""

    form_class = PasswordChangeForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}


class BackOffice(AdminSite):
    site_header = "Triptych"
    site_title = "Triptych"
    index_title = "Back office"
    login_template = "back_office/login.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may come in: staff, and past the second factor where one is needed."""
        user: Any = request.user
        if not super().has_permission(request):
            return False
        return bool(user.is_verified()) or not (settings.ADMIN_REQUIRE_OTP or has_second_factor(user))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the login page; who is past it and lacks only the second factor goes on to that.

        Only who knows the password is asked for the code: no stranger learns who has a second factor.
        """
        user: Any = request.user
        if super().has_permission(request) and not user.is_verified() and has_second_factor(user):
            return CodeView.as_view(extra_context=self.each_context(request))(request)
        if settings.ADMIN_REQUIRE_OTP and super().has_permission(request) and not has_second_factor(user):
            return HttpResponseRedirect(reverse("admin:second_factor"))
        response = super().login(request, extra_context)
        user = request.user  # of the form's password
        if user.is_authenticated and DEVICE_ID_SESSION_KEY not in request.session and has_second_factor(user):
            request.session.set_expiry(MINUTES_FOR_THE_CODE * 60)
        elif request.method == "POST" and response.status_code == 302:
            devices.remember(response, user.get_username())
        return response

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return what there is to administer: the catalog first, which is what people come for."""
        return sorted(super().get_app_list(request, app_label), key=lambda app: app["app_label"] != "catalog")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the front page."""
        shown = dashboard(request.user) if request.user.has_perm("catalog.view_item") else None
        return super().index(request, {"dashboard": shown, **(extra_context or {})})

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Let the user change their password."""
        context = {**self.each_context(request), **(extra_context or {})}
        done = reverse("admin:password_change_done")
        return PasswordChange.as_view(success_url=done, extra_context=context)(request)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [path("second-factor/", self.second_factor, name="second_factor"), *super().get_urls()]

    def second_factor(self, request: HttpRequest) -> HttpResponse:
        """Set a second factor up. Not behind has_permission: who must have one gets it here."""
        user: Any = request.user
        if not (user.is_active and user.is_staff) or (has_second_factor(user) and not user.is_verified()):
            return HttpResponseRedirect(reverse("admin:login") + "?" + urlencode({"next": request.path}))
        return second_factor_view(self, request)
