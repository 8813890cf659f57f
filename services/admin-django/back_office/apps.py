from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AppConfig):
    """What the admin is on top of Django's: its look, its front page, who may come in."""

    name = "back_office"


class SiteConfig(AdminConfig):
    """Django's admin, with our site in the place of its own."""

    default_site = "back_office.site.BackOffice"
