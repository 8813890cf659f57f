"""Every route of the service, from its URL configuration, asked with every method by everybody."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.identities import IDENTITIES, headers_of
from tests.make import make_item, unique

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
SAFE = {"GET", "HEAD", "OPTIONS"}


def routes(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """Yield the routes as they are configured, parameters in angle brackets."""
    for each in (resolver or get_resolver()).url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route
        else:
            yield from routes(each, route)


def table(found: list[str]) -> str:
    """Return the status of each route and method for each identity, as lines."""
    width = max(map(len, found))
    lines = [f"{'method':<8}{'route':<{width + 2}}" + "".join(f"{identity:<9}" for identity in IDENTITIES)]
    for route in found:
        for method in METHODS:
            statuses = "".join(f"{_status(route, method, identity):<9}" for identity in IDENTITIES)
            lines.append(f"{method:<8}{route:<{width + 2}}{statuses}")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _status(route: str, method: str, identity: str) -> int:
    path = route.replace("<id:id>", str(make_item().id))
    assert "<" not in path, f"{route} has a parameter that this does not know yet"
    body = {} if method in SAFE else {"data": _body(route, method), "content_type": "application/json"}
    headers = headers_of(identity) | {"Idempotency-Key": str(uuid4())}
    client = Client(raise_request_exception=False)
    return client.generic(method, path, headers=headers, **body).status_code


def _body(route: str, method: str) -> Any:
    """Return what the route takes; of one that this does not know, a body that nobody takes."""
    item = f'{{"name":"{unique("name")}","price":"1.00"}}'
    bodies = {
        ("POST", "/api/items/"): item,
        ("PUT", "/api/items/<id:id>/"): item,
        ("PATCH", "/api/items/<id:id>/"): '{"price":"2.00"}',
        ("POST", "/api/items/bulk/"): f'{{"items":[{item[:-1]},"sku":"{unique("S")}"}}]}}',
    }
    return bodies.get((method, route), "{}")
