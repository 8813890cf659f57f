from axes.apps import AppConfig as Axes
from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django_otp.plugins.otp_totp.apps import DefaultConfig as Totp


class BackOfficeConfig(AppConfig):
    """What the admin is on top of Django's: its look, its front page, who may come in."""

    name = "back_office"


class SiteConfig(AdminConfig):
    """Django's admin, with our site in the place of its own."""

    default_site = "back_office.site.BackOffice"


class SecondFactorsConfig(Totp):  # type: ignore[misc]  # comes without types
    """django-otp's app, which names itself after its folder."""

    verbose_name = "Second factors"


class WrongPasswordsConfig(Axes):  # type: ignore[misc]
    """django-axes, which does too."""

    verbose_name = "Wrong passwords"
