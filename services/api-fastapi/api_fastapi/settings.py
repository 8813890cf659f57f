"""The service's settings, read once from the environment."""

from dataclasses import dataclass

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
            log_level=settings.log_level(),
        )


def _bind(value: str) -> tuple[str, int]:
    """Split `host:port`, where an IPv6 host stands in brackets."""
    host, colon, port = value.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65536):
        raise settings.SettingsError(f"BIND={value!r} is not of the form host:port")
    return host.strip("[]"), int(port)
