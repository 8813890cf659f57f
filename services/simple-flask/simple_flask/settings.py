"""The settings of simple-flask, read from the environment once, as Flask's configuration."""

from typing import Any

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL
from triptych_shared.settings import database_url, integer

LARGEST_BODY = 256 * 1024


def from_environment() -> dict[str, Any]:
    """Return Flask's configuration; raises SettingsError naming the variable that is missing or malformed."""
    pool_size = integer("DATABASE_POOL_SIZE", 8, 1, 100)
    statement_timeout = integer("DATABASE_STATEMENT_TIMEOUT_MS", 2000, 1, 600_000)
    return {
        "CATEGORY_COUNTS_MAX_AGE_SECONDS": integer("CATEGORY_COUNTS_MAX_AGE_SECONDS", 60, 0, 60),
        "EXPORTS_AT_ONCE": max(1, pool_size // 4),  # an export holds its connection for long: most stay for short work
        # Werkzeug cuts a chunked body off at this length without a word: one byte more than we take shows that it did.
        "MAX_CONTENT_LENGTH": LARGEST_BODY + 1,
        "PROVIDE_AUTOMATIC_OPTIONS": False,
        "SQLALCHEMY_DATABASE_URI": _sqlalchemy_url(database_url()),
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "isolation_level": "AUTOCOMMIT",  # each read is one statement: one snapshot, no BEGIN and COMMIT around it
            "pool_size": pool_size,
            "max_overflow": 0,  # the connection budget adds up pool sizes
            "pool_timeout": 2,
            "pool_pre_ping": True,  # the first request after a restart of Postgres gets a fresh connection
            "connect_args": {
                "application_name": "simple-flask",
                "connect_timeout": 2,
                "tcp_user_timeout": 2000,  # a host that vanished answers nothing: the pre-ping must not wait for it
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 2,
                "options": f"-c statement_timeout={statement_timeout} -c timezone=UTC",
            },
        },
    }


def _sqlalchemy_url(url: str) -> URL:
    """Return a URL of libpq, which may name several hosts, as SQLAlchemy writes it."""
    parts = conninfo_to_dict(url)
    name, password, database = (str(parts.pop(part)) for part in ("user", "password", "dbname"))
    query = {key: str(value) for key, value in parts.items()}
    return URL.create("postgresql+psycopg", name, password, database=database, query=query)
