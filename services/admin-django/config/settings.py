"""Django's settings; everything that differs between environments comes from the environment."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from psycopg.conninfo import conninfo_to_dict
from triptych_shared import VERSION
from triptych_shared.logs import configuration
from triptych_shared.settings import database_url, integer, log_level, require, switch, text

BASE_DIR = Path(__file__).resolve().parent.parent


def database(url: str, **parameters: int | str) -> dict[str, Any]:
    """Return the DATABASES entry for a URL; `parameters` are the server's settings for its sessions.

    Every thread keeps its connection, so the pool is as large as WEB_WORKERS × (WEB_THREADS + 4 for logins); the health
    check makes the first request after a restart of Postgres a good one.
    """
    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "config.postgresql",
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user"),
        "PASSWORD": parts.pop("password"),
        "HOST": parts.pop("host"),  # may be several, as PORT may
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **parts,  # target_session_attrs, sslmode and the like
            "connect_timeout": 2,
            "tcp_user_timeout": 2000,  # a host that vanished answers nothing
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "application_name": "admin-django",
            "options": " ".join(f"-c {name}={value}" for name, value in parameters.items()),
        },
    }


STATEMENT_TIMEOUT = integer("DATABASE_STATEMENT_TIMEOUT_MS", 5000, 1, 600_000)
DATABASES = {
    # Who waits for a lock is told so by the first of the two, before the statement as a whole has taken too long.
    "default": database(
        database_url(), lock_timeout=max(1, STATEMENT_TIMEOUT * 4 // 5), statement_timeout=STATEMENT_TIMEOUT
    ),
}
if text("OWNER_DATABASE_URL", ""):  # only the migration step has it
    # While a migration waits for its lock, everybody else waits behind it: it gives way before a service's own patience
    # ends, and is tried again (catalog/migrating.py). Nor does it work for long where its lock keeps others out.
    DATABASES["owner"] = database(database_url("OWNER_DATABASE_URL"), lock_timeout=1_000, statement_timeout=60_000)

SECRET_KEY = require("DJANGO_SECRET_KEY")
ALLOWED_HOSTS = text("DJANGO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in text("DJANGO_CSRF_TRUSTED_ORIGINS", "").split(",") if origin]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # the gateway always sets it
CSRF_FAILURE_VIEW = "catalog.problems.csrf_failure"
X_FRAME_OPTIONS = "DENY"

# On where people come by https: cookies are for https only, browsers remember that for a year, and pages that are
# asked for by http lead there. The API is not redirected: a client that sent its token in the clear should see it fail.
HTTPS = switch("DJANGO_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
# What other names below this host do is not ours to say, and neither is its place in the lists of the browsers.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_AGE = 12 * 3600  # a working day
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/api/", "/livez", "/readyz", "/static/"),  # no pages; the gateway has a policy for them
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# The second factor of the back office: who has one always needs it; on, everybody must have one.
ADMIN_REQUIRE_OTP = switch("DJANGO_ADMIN_REQUIRE_OTP", default=False)
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
OTP_TOTP_ISSUER = "Triptych"
OTP_TOTP_THROTTLE_FACTOR = 1

# Five wrong passwords for a user from an address, and this user waits a quarter of an hour, from this address only;
# thirty from anywhere, and so from everywhere. A device on which the user has come in before has its own five.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_HANDLER = "back_office.lockout.Lockout"
AXES_FAILURE_LIMIT = 5
ACCOUNT_FAILURE_LIMIT = 30
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "back_office.lockout.client_address"
AXES_USERNAME_CALLABLE = "back_office.lockout.tried_username"
AXES_LOCKOUT_CALLABLE = "back_office.lockout.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # the log of the service has it
AXES_VERBOSE = False

INSTALLED_APPS = [
    "back_office.apps.BackOfficeConfig",  # first: its templates come before those of others
    "back_office.apps.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "back_office.apps.WrongPasswordsConfig",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_static",
    "back_office.apps.SecondFactorsConfig",
    "import_export",
    "rest_framework",
    "drf_spectacular",
    "accounts",
    "catalog",
]
MIDDLEWARE = [
    "catalog.head_middleware.HeadMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "catalog.read_your_writes.ReadYourWritesMiddleware",
    "catalog.problems.DatabaseAway",
    "accounts.admission.NoTurnToHash",
    "axes.middleware.AxesMiddleware",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20  # the bulk route's; the others' own bounds are lower
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000  # the list of items with "Show all": 200 rows of seven fields
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
STATIC_ROOT = text("DJANGO_STATIC_ROOT", "") or None
# What collectstatic made, when an image was built or before `make up` starts the service: compressed, named by content,
# kept by browsers for good. Without it, as in tests, the files are served from their packages.
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
STATIC_STORAGE = "django.contrib.staticfiles.storage.StaticFilesStorage"
if STATIC_ROOT:
    STATIC_STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {"staticfiles": {"BACKEND": STATIC_STORAGE}}

PASSWORD_HASHERS = ["accounts.hashing.BoundedArgon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = configuration("admin-django", log_level())
LOGGING["loggers"] = {"axes": {"level": "WARNING"}}  # it tells each login in four lines

CATEGORY_COUNTS_MAX_AGE_SECONDS = integer("CATEGORY_COUNTS_MAX_AGE_SECONDS", 60, 0, 60)

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
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}
