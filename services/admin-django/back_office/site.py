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

from back_office.forms import LoginForm, PasswordChangeForm
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
    login_form = LoginForm
    login_template = "back_office/login.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may come in: staff, and past the second factor where one is needed."""
        user: Any = request.user
        if not super().has_permission(request):
            return False
        return bool(user.is_verified()) or not (settings.ADMIN_REQUIRE_OTP or has_second_factor(user))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the login page; who is past it and lacks only a second factor goes on to get one."""
        user: Any = request.user
        if settings.ADMIN_REQUIRE_OTP and super().has_permission(request) and not has_second_factor(user):
            return HttpResponseRedirect(reverse("admin:second_factor"))
        response = super().login(request, extra_context)
        if request.method == "POST" and response.status_code == 302:
            devices.remember(response, request.user.get_username())
        return response

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
