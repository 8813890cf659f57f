"""Django's backend for PostgreSQL, but that nobody waits for a server that is silent."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base
from triptych_shared.pulse import Pulse

_pulses: dict[str, Pulse] = {}


def pulse(alias: str = DEFAULT_DB_ALIAS) -> Pulse:
    """Return what is known of the server of a database."""
    return _pulses.setdefault(alias, Pulse())


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of one thread; all threads share what is known of the server."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect, unless the server is silent."""
        connect = super().get_new_connection
        return pulse(self.alias).connect(lambda **given: connect(given), **conn_params)
