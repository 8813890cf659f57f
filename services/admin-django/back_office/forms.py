"""How one comes in."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django_otp import match_token

from back_office.second_factor import has_second_factor


class CodeField(forms.CharField):
    """Six digits of an authenticator, or a recovery code."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(max_length=16, widget=forms.TextInput(attrs=attributes), **kwargs)

    def clean(self, value: Any) -> str:
        """Return the code without the spaces that people put into it."""
        return str(super().clean(value)).replace(" ", "")


class LoginForm(AdminAuthenticationForm):
    """Name and password, and the code of the second factor for those who have one."""

    code = CodeField(required=False, label="Code", help_text="If you have set up a second factor.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        user: Any = self.get_user()
        if user is not None and has_second_factor(user):
            user.otp_device = match_token(user, cleaned.get("code") or "")
            if user.otp_device is None:
                message = "The code is not right, or not any more." if cleaned.get("code") else "Your code is needed."
                self.add_error("code", ValidationError(message, code="invalid_code"))
        return cleaned


class PasswordChangeForm(AdminPasswordChangeForm):
    """The old password and the new one, for who has a session; whoever found it open is locked out as at the login."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_old_password(self) -> str:
        """Return the old password. Raises ValidationError for a wrong one."""
        old = str(self.cleaned_data["old_password"])
        if authenticate(self._request, username=self.user.get_username(), password=old) is None:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old
