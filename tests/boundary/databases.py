"""The server that the tests speak to, with every role's password, and databases of their own on it."""

import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

SERVICE_ROLES = ("admin_django", "simple_flask", "api_fastapi")
ROLES = ("triptych_owner", *SERVICE_ROLES)
URLS = {
    "postgres": "TRIPTYCH_SUPERUSER_DATABASE_URL",
    "triptych_owner": "TRIPTYCH_OWNER_DATABASE_URL",
    "admin_django": "TRIPTYCH_DATABASE_URL",
    "simple_flask": "TRIPTYCH_SIMPLE_FLASK_DATABASE_URL",
    "api_fastapi": "TRIPTYCH_API_FASTAPI_DATABASE_URL",
}
Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Server:
    """A database server, and the passwords by role; `postgres` stands for the superuser, whatever its name is."""

    host: str
    port: int
    passwords: Mapping[str, str] = field(repr=False)
    superuser: str = "postgres"

    @classmethod
    def of_environment(cls) -> Self:
        """Return the server of the running stack."""
        urls = {role: urlsplit(os.environ[name]) for role, name in URLS.items()}
        first = urls["postgres"]
        passwords = {role: url.password or "" for role, url in urls.items()}
        return cls(first.hostname or "", first.port or 5432, passwords, first.username or "postgres")

    def url(self, role: str, database: str) -> str:
        """Return how a role connects to a database."""
        user = self.superuser if role == "postgres" else role
        return f"postgresql://{user}:{self.passwords[role]}@{self.host}:{self.port}/{database}"

    def connect(self, role: str, database: str) -> Connection:
        """Connect as a role, in autocommit."""
        return psycopg.connect(self.url(role, database), autocommit=True, connect_timeout=10)

    @contextmanager
    def new_database(self, template: str = "template1") -> Iterator[str]:
        """Make a database under a name of its own, empty or as the template, and drop it afterwards."""
        name = f"boundary_{uuid.uuid4().hex}"
        making, dropping = sql.SQL("CREATE DATABASE {} TEMPLATE {}"), sql.SQL("DROP DATABASE {} WITH (FORCE)")
        with self.connect("postgres", "postgres") as superuser:
            superuser.execute(making.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield name
        finally:  # by a new connection: the server may have been restarted
            with self.connect("postgres", "postgres") as superuser:
                superuser.execute(dropping.format(sql.Identifier(name)))
