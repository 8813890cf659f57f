"""The second step of a login: the code of the second factor, for those who have one."""

from typing import TYPE_CHECKING, Any

from accounts import devices
from django import forms
from django.contrib.auth import logout
from django.contrib.auth.views import RedirectURLMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView
from django_otp import login, match_token

if TYPE_CHECKING:
    CodeFormView = FormView["CodeForm"]
else:
    CodeFormView = FormView

MINUTES_FOR_THE_CODE = 10  # after which the password has to be typed again


class CodeForm(forms.Form):
    """Six digits of an authenticator, or a recovery code."""

    code = forms.CharField(
        max_length=16,
        help_text="The six digits that your authenticator shows, or one of your recovery codes.",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )

    def __init__(self, user: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.user = user

    def clean_code(self) -> str:
        """Return the code without the spaces that people put into it; leave the device that it is right for."""
        code = str(self.cleaned_data["code"]).replace(" ", "")
        self.device = match_token(self.user, code)
        if self.device is None:
            raise ValidationError("The code is not right, or not any more.", code="invalid_code")
        return code


@method_decorator([sensitive_post_parameters("code"), never_cache], "dispatch")
class CodeView(RedirectURLMixin, CodeFormView):
    """Ask who has given the right password for the code; without it, the session opens nothing but this page."""

    form_class = CodeForm
    template_name = "back_office/code.html"

    def get_default_redirect_url(self) -> str:
        return reverse("admin:index")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take the code, or let somebody else begin."""
        if "leave" in request.POST:
            logout(request)
            return HttpResponseRedirect(request.get_full_path())
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title="Log in: the code", **kwargs)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        self.request.session.set_expiry(None)  # as long as any other
        login(self.request, form.device)
        response = super().form_valid(form)
        devices.remember(response, form.user.get_username())
        return response
