"""Django's backend for PostgreSQL, but that nobody waits for a server that is silent."""

from typing import Any

from django.db.backends.postgresql import base
from triptych_shared.pulse import Pulse

_pulses: dict[str, Pulse] = {}


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of one thread; all threads share what is known of the server."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect, unless the server is silent."""
        connect = super().get_new_connection
        return _pulses.setdefault(self.alias, Pulse()).connect(lambda **given: connect(given), **conn_params)
