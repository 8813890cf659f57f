"""Tokens for a user and a password."""

import statistics
import time
from typing import Any

import httpx
import jwt
import pytest
from accounts.key_ring import ring
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.identities import PASSWORD, access_token, bearer, make_user
from tests.make import assert_problem, unique

TOKEN, REFRESH = "/api/auth/token/", "/api/auth/refresh/"


def ask(client: Client, body: Any, path: str = TOKEN, **headers: str) -> Any:
    """Send a body, as it is or as JSON."""
    return client.post(path, body, content_type="application/json", headers=headers)


def credentials(user: User, password: str = PASSWORD) -> dict[str, str]:
    return {"username": user.username, "password": password}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("groups", "scope"),
    [
        ([], ""),
        (["viewer"], "items:read"),
        (["editor"], "imports:write items:read items:write"),
        (["manager"], "imports:write items:read items:write"),
        (["viewer", "editor"], "imports:write items:read items:write"),
    ],
)
def test_a_token_says_who_and_what_for(client: Client, groups: list[str], scope: str) -> None:
    user = make_user(*groups, password=PASSWORD)
    before = int(time.time())
    response = ask(client, credentials(user))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    body = response.json()
    assert body.keys() == {"access", "refresh", "token_type", "expires_in", "scope"}
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 300, scope)

    key = ring.get(jwt.get_unverified_header(body["access"])["kid"])
    assert key is not None
    public = Ed25519PublicKey.from_public_bytes(bytes(key.public_key))
    claims = jwt.decode(body["access"], public, ["EdDSA"], audience="triptych-api", issuer="triptych")
    assert claims.keys() == {"iss", "aud", "sub", "iat", "nbf", "exp", "jti", "scope"}
    assert (claims["sub"], claims["scope"]) == (str(user.pk), scope)
    assert before <= claims["iat"] == claims["nbf"] + 30 == claims["exp"] - 300
    assert len(body["access"]) < 1024


@pytest.mark.django_db
def test_a_superuser_has_every_scope(client: Client) -> None:
    user = make_user(password=PASSWORD, is_superuser=True)
    assert ask(client, credentials(user)).json()["scope"] == "imports:write items:read items:write"


@pytest.mark.django_db
def test_a_login_is_noted(client: Client) -> None:
    user = make_user(password=PASSWORD)
    assert ask(client, credentials(user)).status_code == 200
    user.refresh_from_db()
    assert user.last_login is not None


@pytest.mark.django_db
def test_who_is_wrong_or_inactive_gets_one_and_the_same_answer(client: Client) -> None:
    user, inactive = make_user(password=PASSWORD), make_user(password=PASSWORD, is_active=False)
    answers = [
        ask(client, body)
        for body in (
            credentials(user, "another password"),
            credentials(user, PASSWORD + " "),
            credentials(inactive),
            {"username": unique("nobody"), "password": PASSWORD},
            credentials(make_user()),  # has no password
        )
    ]
    for answer in answers:
        assert_problem(answer, 401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.django_db
@pytest.mark.full_hashing
def test_an_unknown_name_takes_as_long_as_a_wrong_password(client: Client) -> None:
    """Otherwise one could find out who has an account. Of this process's time, whatever else the machine does."""

    def seconds(name: str) -> float:
        start = time.process_time()
        ask(client, {"username": name, "password": "another password"})
        return time.process_time() - start

    users = [make_user(password=PASSWORD) for _ in range(5)]
    known = statistics.median(seconds(user.username) for user in users)
    unknown = statistics.median(seconds(unique("nobody")) for _ in range(5))
    assert 0.4 < unknown / known < 2.5


@pytest.mark.parametrize("path", [TOKEN, REFRESH])
@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (" ", {"body"}),
        ("[]", {"body"}),
        ("null", {"body"}),
        ('"username"', {"body"}),
        ("{", {"body"}),
        (b"\xff", {"body"}),
        ("[" * 4000, {"body"}),
        ('{"nested":{}}', {"nested"}),
        ('{"%s":1}' % ("n" * 1000), {"n" * 64}),
    ],
)
def test_a_body_that_is_none_is_refused(client: Client, path: str, body: str | bytes, errors: set[str]) -> None:
    needed = {"username", "password"} if path == TOKEN else {"refresh"}
    expected = errors if errors == {"body"} else errors | needed
    assert_problem(ask(client, body, path), 400, "invalid-body", expected)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"username": "a"}, {"password"}),
        ({"username": "", "password": ""}, {"username", "password"}),
        ({"username": 1, "password": True}, {"username", "password"}),
        ({"username": None, "password": ["a"]}, {"username", "password"}),
        ({"username": "a" * 151, "password": "a" * 1001}, {"username", "password"}),
        ({"username": "a\0", "password": "a\0"}, {"username", "password"}),
        ({"username": "\ud800", "password": "\udfff"}, {"username", "password"}),
        ({"username": "a", "password": "a", "scope": "items:write"}, {"scope"}),
        ('{"username":"a","username":"b","password":"c"}', {"username"}),
    ],
)
def test_what_is_wrong_with_credentials_is_named(client: Client, body: Any, errors: set[str]) -> None:
    assert_problem(ask(client, body), 400, "invalid-body", errors)


@pytest.mark.parametrize("path", [TOKEN, REFRESH])
def test_a_body_of_another_kind_is_refused(client: Client, path: str) -> None:
    body = {"username": "a", "password": "b", "refresh": "c"}
    assert_problem(client.post(path, body), 415, "invalid-body", {"body"})
    assert_problem(ask(client, body, path, **{"Content-Encoding": "gzip"}), 415, "invalid-body", {"body"})
    assert_problem(ask(client, {"username": "a" * 9000}, path), 413, "invalid-body", {"body"})


@pytest.mark.parametrize("path", [TOKEN, REFRESH])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_not_allowed(client: Client, path: str, method: str) -> None:
    response = client.generic(method, path + "?x=1")
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", [TOKEN, REFRESH])
def test_parameters_are_refused(client: Client, path: str) -> None:
    assert_problem(ask(client, {}, path + "?username=a"), 400, "invalid-parameter", {"username"})


@pytest.mark.parametrize("path", [TOKEN, REFRESH, "/api/auth/jwks.json", "/api/items/"])
def test_without_the_database_the_answer_is_503(
    served: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    headers = bearer(access_token(make_user("editor")))
    body = {"refresh": "0" * 32 + ".secret"} if path == REFRESH else {"username": "a", "password": "b"}
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")  # nobody listens there
    connection.close()
    ring.forget()
    response = served.get(path) if path.endswith("json") else served.post(path, json=body, headers=headers)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert response.json()["type"] == "urn:triptych:problem:unavailable"
