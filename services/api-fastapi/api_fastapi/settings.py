"""The service's settings, read once from the environment."""

from dataclasses import dataclass

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from triptych_shared import settings


@dataclass(frozen=True)
class Settings:
    """What the environment says; `.env.example` explains each variable."""

    database_url: str
    host: str
    port: int
    database_pool_size: int
    database_statement_timeout_ms: int
    category_counts_max_age_seconds: int
    cache_memory_mb: int
    feed_poll_ms: int
    event_listeners_max: int
    read_database_url: str | None
    read_database_pool_size: int
    read_max_lag_ms: int
    log_level: str

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read and check every variable; raise SettingsError naming the first that is wrong."""
        host, port = _bind(settings.text("BIND", "127.0.0.1:8000"))
        return cls(
            database_url=settings.database_url("DATABASE_URL"),
            host=host,
            port=port,
            database_pool_size=settings.integer("DATABASE_POOL_SIZE", 8, 1, 100),
            database_statement_timeout_ms=settings.integer("DATABASE_STATEMENT_TIMEOUT_MS", 2000, 1, 600_000),
            category_counts_max_age_seconds=settings.integer("CATEGORY_COUNTS_MAX_AGE_SECONDS", 60, 0, 60),
            cache_memory_mb=settings.integer("CACHE_MEMORY_MB", 64, 0, 100_000),
            feed_poll_ms=settings.integer("FEED_POLL_MS", 25, 5, 500),
            event_listeners_max=settings.integer("EVENT_LISTENERS_MAX", 1000, 0, 100_000),
            read_database_url=_standbys(),
            read_database_pool_size=settings.integer("READ_DATABASE_POOL_SIZE", 8, 2, 100),
            # no more than what leaves the cache a lease: see replicas/selection.py
            read_max_lag_ms=settings.integer("READ_MAX_LAG_MS", 1000, 250, 1000),
            log_level=settings.log_level(),
        )


def _standbys() -> str | None:
    """Return READ_DATABASE_URL, whose hosts may have a port each or one for all; None where it is unset."""
    if not settings.text("READ_DATABASE_URL", ""):
        return None
    url = settings.database_url("READ_DATABASE_URL")
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError:
        raise settings.SettingsError("READ_DATABASE_URL is not one that libpq understands") from None
    hosts, ports = str(parts["host"]).split(","), str(parts.get("port") or "").split(",")
    if len(ports) not in (1, len(hosts)) or not all(hosts):
        raise settings.SettingsError("READ_DATABASE_URL does not have a port for each of its hosts, or one for all")
    return url


def _bind(value: str) -> tuple[str, int]:
    """Split `host:port`, where an IPv6 host stands in brackets."""
    host, colon, port = value.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65536):
        raise settings.SettingsError(f"BIND={value!r} is not of the form host:port")
    return host.strip("[]"), int(port)
