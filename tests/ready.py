"""Wait until every part of the system is ready."""

from functools import partial

from tests.http_client import HttpClient
from tests.wait import PATIENCE, until

PREFIXES = {"admin-django": "/django", "simple-flask": "/flask", "api-fastapi": "/fastapi"}


def is_ready(gateway: HttpClient, prefix: str) -> bool:
    """Return whether the process behind the prefix says that it is ready; the empty prefix is the gateway's own."""
    return gateway.get(f"{prefix}/readyz").status == 200


def wait_until_ready(gateway: HttpClient, within: float = PATIENCE) -> None:
    """Wait until the gateway and each framework say that they are ready."""
    for prefix in ("", *PREFIXES.values()):
        until(partial(is_ready, gateway, prefix), f"{prefix}/readyz answers 200", within)
