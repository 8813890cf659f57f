"""Tokens through the gateway, verified with nothing but what it publishes."""

import json
import os
from typing import Any
from uuid import uuid4

import jwt
import pytest

from tests.http_client import HttpClient, Reply
from tests.problems import assert_problem

TOKEN, REFRESH, KEYS = "/api/auth/token/", "/api/auth/refresh/", "/api/auth/jwks.json"
JSON = {"Content-Type": "application/json"}


def post(gateway: HttpClient, path: str, body: dict[str, Any], **headers: str) -> Reply:
    """Send JSON."""
    return gateway.request("POST", path, {**JSON, **headers}, json.dumps(body).encode())


@pytest.fixture
def tokens(gateway: HttpClient) -> dict[str, Any]:
    """What the admin user gets for the password."""
    user = os.environ.get("TRIPTYCH_ADMIN_USER", "admin")
    password = os.environ.get("TRIPTYCH_ADMIN_PASSWORD", "triptych")  # as in docker-compose.yml
    reply = post(gateway, TOKEN, {"username": user, "password": password})
    assert reply.status == 200, str(reply)
    assert reply.header("Cache-Control") == "no-store"
    assert reply.header("X-Served-By") == "admin-django"
    found: dict[str, Any] = reply.json()
    return found


def verified(gateway: HttpClient, token: str) -> dict[str, Any]:
    """Return the claims of a token, verified as any other service would."""
    keys = jwt.PyJWKSet.from_dict(gateway.get(KEYS).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["EdDSA"], issuer="triptych", audience="triptych-api")


def test_two_keys_are_published(gateway: HttpClient) -> None:
    reply = gateway.get(KEYS)
    assert (reply.status, reply.header("Content-Type")) == (200, "application/json")
    assert reply.header("Cache-Control") == "public, max-age=60"
    assert len(reply.json()["keys"]) >= 2
    assert all(key["kty"] == "OKP" and "d" not in key for key in reply.json()["keys"])


def test_a_token_is_verified_by_the_published_keys_and_goes_on(gateway: HttpClient, tokens: dict[str, Any]) -> None:
    claims = verified(gateway, tokens["access"])
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] == 300
    assert claims["scope"] == tokens["scope"] == "imports:write items:read items:write"
    refreshed = post(gateway, REFRESH, {"refresh": tokens["refresh"]})
    assert refreshed.status == 200, str(refreshed)
    following = verified(gateway, refreshed.json()["access"])
    assert (following["sub"], following["jti"] != claims["jti"]) == (claims["sub"], True)
    assert_problem(post(gateway, REFRESH, {"refresh": tokens["refresh"]}), 401, "unauthenticated")
    assert_problem(post(gateway, REFRESH, {"refresh": refreshed.json()["refresh"]}), 401, "unauthenticated")


def test_a_token_opens_a_write_and_a_broken_one_does_not(gateway: HttpClient, tokens: dict[str, Any]) -> None:
    good = tokens["access"]
    made = post(gateway, "/api/items/", {"name": "made with a token", "price": "1.00"}, Authorization=f"Bearer {good}")
    assert made.status == 201, str(made)
    path = f"/api/items/{made.json()['id']}/"
    broken = gateway.request("DELETE", path, {"Authorization": f"Bearer {good[:-4]}AAAA"})
    assert_problem(broken, 401, "unauthenticated")
    assert broken.header("WWW-Authenticate") == 'Bearer error="invalid_token"'
    assert gateway.request("DELETE", path, {"Authorization": f"Bearer {good}"}).status == 204


def test_of_two_tokens_in_one_request_none_counts(gateway: HttpClient, tokens: dict[str, Any]) -> None:
    line = ("Authorization", f"Bearer {tokens['access']}")
    reply = gateway.request("POST", "/api/items/", [line, line, *JSON.items()], b"{}")
    assert reply.status in (400, 401), str(reply)


def test_a_wrong_password_is_one_problem_of_many(gateway: HttpClient) -> None:
    nobody = f"nobody{uuid4().hex}"  # not locked out by an earlier run
    assert_problem(post(gateway, TOKEN, {"username": nobody, "password": "wrong"}), 401, "unauthenticated")
    assert_problem(post(gateway, TOKEN, {"username": nobody}), 400, "invalid-body", {"password"})
    assert_problem(gateway.get(TOKEN), 405, "method-not-allowed", None)
