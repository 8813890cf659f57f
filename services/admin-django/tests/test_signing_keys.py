"""The signing keys: two that overlap, sealed, rotated at will."""

import threading
import time
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from accounts import key_ring
from accounts.key_ring import KeyRing, ring
from accounts.models import SigningKey
from accounts.rotation import PUBLISHED_BEFORE, TOKEN_LIFETIME, make_first_keys, rotate
from accounts.signing_keys import KeyNotOpened, make_key, open_key
from accounts.tokens import issue, verify
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from tests.identities import access_token, make_user
from tests.make import assert_problem

KEYS = "/api/auth/jwks.json"


@pytest.fixture(autouse=True)
def _keys_as_they_are() -> Iterator[None]:
    """Have the keys read again before and after, because tests change them in transactions that are rolled back."""
    ring.forget()
    yield
    ring.forget()


@pytest.fixture
def first_keys(db: None) -> None:
    """The state that bootstrap leaves, whatever tests that committed have done to the keys."""
    SigningKey.objects.all().delete()
    make_first_keys()


def published(client: Client) -> list[dict[str, str]]:
    ring.forget()
    keys: list[dict[str, str]] = client.get(KEYS).json()["keys"]
    return keys


def pass_time(**by: float) -> None:
    """Make every key older: what is to happen is not waited for."""
    for key in SigningKey.objects.all():
        key.created_at -= timedelta(**by)
        key.signs_from = key.signs_from and key.signs_from - timedelta(**by)
        key.verifies_until = key.verifies_until and key.verifies_until - timedelta(**by)
        key.save()
    ring.forget()


@pytest.mark.usefixtures("first_keys")
def test_two_keys_are_published_the_one_that_signs_and_the_next(client: Client) -> None:
    response = client.get(KEYS)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "public, max-age=60"
    keys = response.json()["keys"]
    assert [each["kid"] for each in keys] == [ring.current().kid, SigningKey.objects.get(signs_from=None).kid]
    for key in keys:
        assert key.keys() == {"kty", "crv", "x", "kid", "use", "alg"}  # nothing private
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("OKP", "Ed25519", "sig", "EdDSA")
        assert len(urlsafe_b64decode(key["x"] + "=")) == 32
    tag = response.headers["ETag"]
    assert client.get(KEYS, headers={"If-None-Match": tag}).status_code == 304
    head = client.head(KEYS)
    assert (head.status_code, head.content) == (200, b"")
    assert_problem(client.get(KEYS + "?a=b"), 400, "invalid-parameter", {"a"})
    assert client.post(KEYS).headers["Allow"] == "GET, HEAD"


@pytest.mark.usefixtures("first_keys")
def test_who_knows_only_the_published_keys_can_verify(client: Client) -> None:
    token = access_token(make_user("editor"))
    keys = jwt.PyJWKSet.from_dict(client.get(KEYS).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, ["EdDSA"], audience="triptych-api", issuer="triptych")["scope"]


@pytest.mark.usefixtures("first_keys")
def test_a_rotation_makes_the_next_key_the_current_one_and_publishes_another(client: Client) -> None:
    before = [each["kid"] for each in published(client)]
    token = access_token(make_user("editor"))
    pass_time(hours=1)
    rotate()
    after = [each["kid"] for each in published(client)]
    assert after[:2] == before and len(after) == 3
    assert ring.current().kid == before[1]
    assert verify(token)
    pass_time(minutes=10)
    assert [each["kid"] for each in published(client)] == after[1:]


@pytest.mark.usefixtures("first_keys")
def test_a_key_signs_only_after_every_cache_has_seen_it() -> None:
    first, user = ring.current().kid, make_user("editor")
    signers = Counter[str]()
    tokens = []
    for _ in range(20):
        rotate()
        ring.forget()
        tokens.append(issue(user)[0])
        signers[ring.current().kid] += 1
    assert signers == {first: 20}
    assert all(verify(token) for token in tokens)
    pass_time(seconds=PUBLISHED_BEFORE.total_seconds())
    assert ring.current().kid != first
    assert all(verify(token) for token in tokens)  # as long as the last of them lives
    pass_time(seconds=TOKEN_LIFETIME.total_seconds())
    assert ring.get(first) is not None
    pass_time(seconds=60)
    assert ring.get(first) is None
    rotate()
    assert not SigningKey.objects.filter(kid=first).exists()


@pytest.mark.usefixtures("first_keys")
def test_a_key_verifies_until_the_last_token_it_signed_has_expired() -> None:
    """A rotation of a young next key takes effect later; until then the current one signs, and its tokens count."""
    first = ring.current().kid
    rotate()
    retired, current = SigningKey.objects.get(kid=first), SigningKey.objects.get(signs_from__gt=timezone.now())
    assert retired.verifies_until is not None and current.signs_from is not None
    assert retired.verifies_until - current.signs_from > TOKEN_LIFETIME


@pytest.mark.usefixtures("first_keys")
def test_the_database_allows_one_next_and_one_current_key() -> None:
    for signs_from in (None, timezone.now()):
        key = make_key()
        key.signs_from = signs_from
        with pytest.raises(IntegrityError), transaction.atomic():
            key.save()


@pytest.mark.usefixtures("first_keys")
def test_private_keys_are_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    key, other = SigningKey.objects.all()
    assert key.private_key.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert open_key(key).public_key().public_bytes_raw() == bytes(key.public_key)
    key.private_key = other.private_key
    with pytest.raises(KeyNotOpened):
        open_key(key)
    key.private_key = "damaged"
    with pytest.raises(KeyNotOpened):
        open_key(key)
    monkeypatch.setattr(settings, "SECRET_KEY", "another secret")
    with pytest.raises(KeyNotOpened):
        open_key(other)


@pytest.mark.usefixtures("first_keys")
def test_bootstrap_leaves_good_keys_and_replaces_those_of_another_secret(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, user = published(client), make_user("editor", password="a password of the tests")
    token = access_token(user)
    call_command("make_keys")
    assert published(client) == before
    monkeypatch.setattr(settings, "SECRET_KEY", "another secret")
    body = {"username": user.username, "password": "a password of the tests"}
    assert_problem(client.post("/api/auth/token/", body, content_type="application/json"), 503, "unavailable")
    call_command("make_keys")
    after = published(client)
    assert len(after) == 2 and not [key for key in after if key in before]
    assert client.post("/api/auth/token/", body, content_type="application/json").status_code == 200
    assert ring.get(jwt.get_unverified_header(token)["kid"]) is None


@pytest.mark.django_db
def test_without_keys_the_command_says_what_to_do() -> None:
    SigningKey.objects.all().delete()
    with pytest.raises(CommandError, match="make_keys"):
        call_command("rotate_keys")


def together(count: int, act: Callable[[], Any]) -> list[Any]:
    """Have as many threads do it at once, each with a connection of its own."""

    def run(_: int) -> Any:
        barrier.wait()
        try:
            return act()
        finally:
            connection.close()

    barrier = threading.Barrier(count, timeout=120)
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


@pytest.mark.usefixtures("committed")
def test_rotations_that_run_together_wait_for_one_another() -> None:
    token = access_token(make_user("editor"))
    currents = [key.kid for key in together(4, rotate)]
    assert len(set(currents)) == 4
    ring.forget()
    assert verify(token)


@pytest.mark.usefixtures("committed")
def test_bootstraps_that_run_together_make_one_pair_of_keys() -> None:
    SigningKey.objects.all().delete()
    assert sorted(together(4, make_first_keys)) == [False, False, False, True]
    assert SigningKey.objects.count() == 2


@pytest.mark.usefixtures("committed")
def test_unknown_keys_are_looked_for_once_a_second_however_many_ask() -> None:
    fresh, queries, threads = KeyRing(), Counter[str](), 8
    ends = time.monotonic() + 1.5

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        queries["all"] += 1
        return execute(sql, *rest)

    def ask() -> int:
        asked = 0
        with connection.execute_wrapper(count):
            while time.monotonic() < ends:
                assert fresh.get("0" * 32) is None
                asked += 1
        return asked

    assert sum(together(threads, ask)) > 100
    assert 1 <= queries["all"] <= 3


def test_a_key_of_another_process_is_found_at_once_when_it_was_not_asked_for_just_now(served: httpx.Client) -> None:
    """Rotations never need it: this is for keys that `make_keys` has replaced."""
    known = KeyRing()
    assert known.published()
    SigningKey.objects.all().delete()
    make_first_keys()
    kid = SigningKey.objects.earliest("created_at").kid
    deadline = time.monotonic() + key_ring.UNKNOWN_KEY_INTERVAL + 0.5
    while known.get(kid) is None:
        assert time.monotonic() < deadline


def test_while_the_database_is_away_the_keys_that_are_known_stay_good(
    served: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.forget()
    assert served.get(KEYS).status_code == 200
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")  # nobody listens there
    connection.close()
    assert served.get(KEYS).status_code == 200  # for two seconds


@pytest.mark.usefixtures("committed")
def test_after_a_failed_look_the_next_one_is_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    fresh = KeyRing()

    def ask() -> str:
        try:
            fresh.published()
        except Exception as error:
            return type(error).__name__
        return "answered"

    connection.close()
    assert ask() == "OperationalError"
    monkeypatch.undo()
    assert ask() == "answered"
