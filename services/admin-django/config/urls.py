"""The routes of admin-django."""

from django.contrib import admin
from django.urls import path

from catalog.health import livez, readyz

urlpatterns = [
    path("admin/", admin.site.urls),
    path("livez", livez),
    path("readyz", readyz),
]
