"""The addresses below `/api/auth/`."""

from django.urls import path

from accounts.views import KeySetView, RefreshView, TokenView

urlpatterns = [
    path("token/", TokenView.as_view()),
    path("refresh/", RefreshView.as_view()),
    path("jwks.json", KeySetView.as_view()),
]
