"""Django's settings; everything that differs between environments comes from the environment."""

from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict
from triptych_shared.logs import configuration
from triptych_shared.settings import database_url, integer, log_level, require, text

BASE_DIR = Path(__file__).resolve().parent.parent


def database(url: str, **parameters: int | str) -> dict[str, Any]:
    """Return the DATABASES entry for a URL; `parameters` are the server's settings for its sessions.

    Every thread keeps its connection, so the pool is as large as WEB_WORKERS × WEB_THREADS; the health check makes the
    first request after a restart of Postgres a good one.
    """
    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts["dbname"],
        "USER": parts["user"],
        "PASSWORD": parts["password"],
        "HOST": parts["host"],
        "PORT": parts.get("port", ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 2,
            "application_name": "admin-django",
            "options": " ".join(f"-c {name}={value}" for name, value in parameters.items()),
        },
    }


DATABASES = {
    "default": database(
        database_url(),
        statement_timeout=integer("DATABASE_STATEMENT_TIMEOUT_MS", 5000, 1, 3_600_000),
    ),
}
if text("OWNER_DATABASE_URL", ""):  # only the migration step has it
    DATABASES["owner"] = database(database_url("OWNER_DATABASE_URL"), lock_timeout=10_000)

SECRET_KEY = require("DJANGO_SECRET_KEY")
ALLOWED_HOSTS = text("DJANGO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in text("DJANGO_CSRF_TRUSTED_ORIGINS", "").split(",") if origin]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # the gateway always sets it
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "accounts",
    "catalog",
]
MIDDLEWARE = [
    "catalog.head.HeadWithoutBody",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "catalog.freshness.FreshAfterWrites",
    "catalog.problems.DatabaseAway",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20  # the bulk route's; the others' own bounds are lower
APPEND_SLASH = False  # the gateway redirects; a service answers 404
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

STATIC_URL = "/static/"
STATIC_ROOT = text("DJANGO_STATIC_ROOT", str(BASE_DIR / "static"))
STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = configuration("admin-django", log_level())

CATEGORY_COUNTS_MAX_AGE_SECONDS = integer("CATEGORY_COUNTS_MAX_AGE_SECONDS", 60, 0, 3600)

TOKEN_ISSUER = text("TOKEN_ISSUER", "triptych")
TOKEN_AUDIENCE = text("TOKEN_AUDIENCE", "triptych-api")

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["catalog.reads.rendering.CompactJSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "catalog.reads.rendering.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "catalog.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "admin-django",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}
