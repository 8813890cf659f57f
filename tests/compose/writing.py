"""Clients that write each item once, whatever happens: they repeat a request with its key until it is answered."""

import http.client
import uuid
from functools import partial

from tests.bearer import Bearer, send
from tests.http_client import HttpClient
from tests.threads import Threads

REPEATED = (429, 500, 502, 503, 504)  # something was in the way; 409: the first one is still under way
PAUSE = 0.2


class Writing(Threads):
    """While it is entered, `clients` post items, each `pause` seconds after the last was answered."""

    def __init__(self, url: str, clients: int = 4, pause: float = PAUSE) -> None:
        super().__init__(*[partial(self._write, client) for client in range(clients)])
        self.mark = f"rolled{uuid.uuid4().hex}"
        self.written: list[str] = []
        self.repeats = 0
        self.refused: list[str] = []
        self._url = url
        self._pause = pause

    def _write(self, client: int) -> None:
        with HttpClient(self._url) as gateway:
            bearer = Bearer(gateway)
            number = 0
            while not self.over.wait(self._pause):
                number += 1
                self._post(gateway, bearer, f"{self.mark} {client} {number}")

    def _post(self, gateway: HttpClient, bearer: Bearer, name: str) -> None:
        """Write one item, with a key of its own; also when it is over: what was begun is brought to its end."""
        key = str(uuid.uuid4())
        reply = None
        for _ in range(1000):
            try:
                headers = {**bearer.headers(), "Idempotency-Key": key}
                reply = send(gateway, "POST", "/api/items/", {"name": name, "price": "1.00"}, headers)
            except (AssertionError, OSError, http.client.HTTPException):
                self.repeats += 1
            else:
                if reply.status == 201:
                    self.written.append(name)
                    return
                if reply.status not in (*REPEATED, 409):
                    break
                self.repeats += 1
            self.over.wait(PAUSE)
        self.refused.append(f"{name}: {reply}")
