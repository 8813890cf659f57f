"""The system on one screen: which processes there are, where they run, with what command and environment."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.credentials import Credentials
from stack.layout import ROOT, Layout
from stack.settings import OWN, Settings

MARKER = "TRIPTYCH_SUPERVISED"  # in the environment of every process that a stack started: its home

ALL_SERVICES = (
    "LOG_LEVEL",
    "DATABASE_POOL_SIZE",
    "DATABASE_STATEMENT_TIMEOUT_MS",
    "CATEGORY_COUNTS_MAX_AGE_SECONDS",
)
GUNICORN = ("WEB_WORKERS", "WEB_THREADS")
DJANGO = (
    "DJANGO_SECRET_KEY",
    "DJANGO_ALLOWED_HOSTS",
    "DJANGO_CSRF_TRUSTED_ORIGINS",
    "DJANGO_HTTPS",
    "DJANGO_ADMIN_REQUIRE_OTP",
    "TOKEN_ISSUER",
    "TOKEN_AUDIENCE",
)
FASTAPI = (
    "CACHE_MEMORY_MB",
    "FEED_POLL_MS",
    "EVENT_LISTENERS_MAX",
    "READ_DATABASE_URL",
    "READ_DATABASE_POOL_SIZE",
    "READ_MAX_LAG_MS",
)
GATEWAY = (
    "GATEWAY_RATE_LIMIT",
    "GATEWAY_LOGIN_RATE_LIMIT",
    "GATEWAY_EVENT_STREAMS_PER_ADDRESS",
    "GATEWAY_LOG_HITS",
    "TRUSTED_PROXIES",
)
# Everything that may be set, whether in the environment or in .env.
SETTINGS = OWN.union(ALL_SERVICES, GUNICORN, DJANGO, FASTAPI, GATEWAY)


@dataclass(frozen=True)
class Process:
    """One process to run: `port` is where it listens on 127.0.0.1, None for a one-shot."""

    name: str
    folder: Path
    command: tuple[str, ...]
    port: int | None
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Topology:
    """All processes of one stack, in order of start."""

    bootstrap: Process
    services: tuple[Process, ...]
    gateway: Process
    postgres_port: int

    @property
    def supervised(self) -> tuple[Process, ...]:
        return (*self.services, self.gateway)

    @property
    def ports(self) -> dict[str, int]:
        """Where every process listens, by its name."""
        return {"postgres": self.postgres_port} | {each.name: each.port for each in self.supervised if each.port}


def database_url(role: str, password: str, port: int) -> str:
    """Return the URL of the stack's database for one role."""
    return f"postgresql://{role}:{password}@127.0.0.1:{port}/triptych"


def describe(settings: Settings, layout: Layout, credentials: Credentials, nginx_folder: Path) -> Topology:
    """Return the topology of the stack with these settings."""
    port, postgres_port = settings.port, settings.port + 4
    path = os.pathsep.join([str(Path(sys.executable).parent), str(nginx_folder), os.environ.get("PATH", os.defpath)])
    # Nothing of the user's own: what a program looks for in a home (.pgpass, .netrc, .config) is not meant for ours.
    base = {"LANG": "C.UTF-8", "HOME": str(layout.home), "PATH": path, MARKER: str(layout.home)}

    def url(role: str) -> str:
        return database_url(role, getattr(credentials, role), postgres_port)

    def chosen(*names: str) -> dict[str, str]:
        return {name: settings.variables[name] for name in names if settings.variables.get(name)}

    def service(name: str, offset: int, command: tuple[str, ...], environment: Mapping[str, str]) -> Process:
        folder = ROOT / "services" / name
        own = {
            "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT / "shared")]),
            "DATABASE_URL": url(name.replace("-", "_")),
            "BIND": f"127.0.0.1:{port + offset}",
        }
        return Process(name, folder, command, port + offset, {**base, **own, **environment})

    own = {"DJANGO_SECRET_KEY": credentials.django_secret_key, "DJANGO_STATIC_ROOT": str(layout.static)}
    django = own | chosen(*ALL_SERVICES, *GUNICORN, *DJANGO)
    admin_django = service("admin-django", 1, ("gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"), django)
    simple_flask = service(
        "simple-flask",
        2,
        ("gunicorn", "-c", "gunicorn.conf.py", "simple_flask:create_app()"),
        chosen(*ALL_SERVICES, *GUNICORN),
    )
    api_fastapi = service("api-fastapi", 3, ("python", "-m", "api_fastapi"), chosen(*ALL_SERVICES, *FASTAPI))
    bootstrap = Process(
        "bootstrap",
        admin_django.folder,
        ("python", "manage.py", "bootstrap"),
        None,
        {
            **admin_django.environment,
            "SUPERUSER_DATABASE_URL": url("postgres"),
            "OWNER_DATABASE_URL": url("triptych_owner"),
            "SIMPLE_FLASK_PASSWORD": credentials.simple_flask,
            "API_FASTAPI_PASSWORD": credentials.api_fastapi,
            "TRIPTYCH_DEMO_DATA": settings.demo_data,
            "TRIPTYCH_ADMIN_USER": settings.admin_user,
            "TRIPTYCH_ADMIN_PASSWORD": settings.admin_password or credentials.admin_password,
        },
    )
    gateway = Process(
        "gateway",
        ROOT / "gateway",
        ("./start",),
        port,
        {
            **base,
            "GATEWAY_LISTEN": f"127.0.0.1:{port}",
            "ADMIN_DJANGO_UPSTREAM": f"127.0.0.1:{port + 1}",
            "SIMPLE_FLASK_UPSTREAM": f"127.0.0.1:{port + 2}",
            "API_FASTAPI_UPSTREAM": f"127.0.0.1:{port + 3}",
            "GATEWAY_RESOLVE": "off",
            "GATEWAY_STATE": str(layout.gateway_state),
            "GATEWAY_CACHE": str(layout.kept_answers),
            "GATEWAY_WWW": str(layout.www),
            **chosen(*GATEWAY),
        },
    )
    return Topology(bootstrap, (admin_django, simple_flask, api_fastapi), gateway, postgres_port)
