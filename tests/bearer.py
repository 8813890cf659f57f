"""A token of the first user, renewed before it ends."""

import json
import os
import time

from tests.http_client import HttpClient, Reply
from tests.wait import until

RENEWED_AFTER = 240  # seconds; a token is good for 300


class Bearer:
    """Requests a token when there is none, or when the one there is about to end."""

    def __init__(self, gateway: HttpClient) -> None:
        self._gateway = gateway
        self._headers: dict[str, str] = {}
        self._since = float("-inf")

    def headers(self) -> dict[str, str]:
        """Return the header that says who writes."""
        if time.monotonic() - self._since > RENEWED_AFTER:
            self.renew()
        return self._headers

    def renew(self) -> None:
        """Request a token now, so that the next minutes need no other one."""
        asked = time.monotonic()
        user = os.environ.get("TRIPTYCH_ADMIN_USER", "admin")
        sent = {"username": user, "password": os.environ["TRIPTYCH_ADMIN_PASSWORD"]}
        reply = until(lambda: self._log_in(sent), what="a turn to log in")
        assert reply.status == 200, str(reply)
        self._since = asked
        self._headers = {"Authorization": f"Bearer {reply.json()['access']}"}

    def _log_in(self, sent: object) -> Reply | None:
        """Return the reply; None where others log in at the moment, and the client has to try again."""
        reply = send(self._gateway, "POST", "/api/auth/token/", sent)
        return None if reply.status in (429, 503) else reply


def send(client: HttpClient, method: str, target: str, value: object, headers: dict[str, str] | None = None) -> Reply:
    """Send the value as JSON and return the response."""
    pairs = {"Content-Type": "application/json", **(headers or {})}
    return client.request(method, target, pairs, json.dumps(value).encode())
