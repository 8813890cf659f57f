"""Django and Django REST framework with generic views and a model serializer, under gunicorn, in one file.

Its best settings: gthread workers, whose connections are kept alive; connections to the database that stay
(CONN_MAX_AGE None), with server-side binding and prepared statements; no middleware but the one that says how long an
answer is, no authentication, JSON only; no access log.
"""

import os
from urllib.parse import urlsplit

import django
from django.conf import settings

url = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    SECRET_KEY="none",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    INSTALLED_APPS=["rest_framework"],
    USE_TZ=True,
    TIME_ZONE="UTC",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "HOST": url.hostname, "PORT": url.port,
            "USER": url.username, "PASSWORD": url.password, "CONN_MAX_AGE": None,
            "OPTIONS": {"server_side_binding": True, "prepare_threshold": 0},
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
    },
)  # fmt: skip
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import generics, serializers  # noqa: E402


class Item(models.Model):
    """The table of items."""

    name = models.CharField(max_length=100)
    description = models.TextField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    sku = models.CharField(max_length=64, null=True)
    category = models.CharField(max_length=64, null=True)
    version = models.BigIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        app_label = "app"
        managed = False
        db_table = "items"


class ItemSerializer(serializers.ModelSerializer):
    """An item as it is shown; its price may be changed."""

    class Meta:
        model = Item
        fields = ["id", "name", "description", "price", "sku", "category", "version", "created_at", "updated_at"]
        read_only_fields = [name for name in fields if name != "price"]


class Kept:
    """Let answers to reads be kept for a second."""

    def finalize_response(self, request, response, *args, **kwargs):
        """Add the header."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if request.method == "GET":
            response["Cache-Control"] = "public, max-age=1, stale-while-revalidate=1, stale-if-error=60"
        return response


class Items(Kept, generics.ListAPIView):
    """Answer with a page."""

    serializer_class = ItemSerializer

    def get_queryset(self):
        """Return the rows of the page."""
        asked = self.request.query_params
        rows = Item.objects.filter(id__gt=int(asked.get("after", 0))).order_by("id")
        if q := asked.get("q"):
            rows = rows.extra(where=["terms @@ item_terms_query(%s)"], params=[q])
        return rows[: int(asked.get("limit", 50))]


class OneItem(Kept, generics.RetrieveUpdateAPIView):
    """Answer with one item, or change it."""

    queryset = Item.objects.all()
    serializer_class = ItemSerializer

    def perform_update(self, serializer):
        """Write what has changed, and read what the database made of it."""
        serializer.instance.price = serializer.validated_data["price"]
        serializer.instance.save(update_fields=["price"])
        serializer.instance.refresh_from_db(fields=["version", "updated_at"])


urlpatterns = [path("api/items/", Items.as_view()), path("api/items/<int:pk>/", OneItem.as_view())]
app = get_wsgi_application()
