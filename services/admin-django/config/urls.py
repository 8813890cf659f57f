"""The routes of admin-django."""

from catalog.health import livez, readyz
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/auth/", include("accounts.urls")),
    path("api/", include("catalog.urls")),
    path("livez", livez),
    path("readyz", readyz),
]

handler400 = "catalog.problems.bad_request"
handler403 = "catalog.problems.permission_denied"
handler404 = "catalog.problems.page_not_found"
handler500 = "catalog.problems.server_error"
