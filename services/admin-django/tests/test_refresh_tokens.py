"""Refresh tokens: each good once; a second use ends the login."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from accounts import refresh_tokens
from accounts.key_ring import ring
from accounts.models import RefreshToken, SigningKey
from accounts.tokens import verify
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.identities import make_user
from tests.make import assert_problem


def refresh(client: Client, token: str) -> Any:
    return client.post("/api/auth/refresh/", {"refresh": token}, content_type="application/json")


def login_of(user: User) -> RefreshToken:
    return RefreshToken.objects.get(user=user)


@pytest.mark.django_db
def test_a_login_goes_on_from_token_to_token(client: Client) -> None:
    user = make_user("editor")
    token = refresh_tokens.begin(user)
    ends = login_of(user).expires_at
    seen = {token}
    for _ in range(3):
        response = refresh(client, token)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "no-store"
        body = response.json()
        assert verify(body["access"]).user_id == user.pk
        token = body["refresh"]
        seen.add(token)
    assert len(seen) == 4
    assert login_of(user).expires_at == ends  # twelve hours after the password, however often it is prolonged


@pytest.mark.django_db
def test_a_scope_that_was_taken_away_is_gone_with_the_next_token(client: Client) -> None:
    user = make_user("editor")
    token = refresh_tokens.begin(user)
    user.groups.clear()
    assert refresh(client, token).json()["scope"] == ""


@pytest.mark.django_db
@pytest.mark.parametrize("again", [0, 1])
def test_a_token_that_is_used_again_ends_the_login(client: Client, again: int) -> None:
    tokens = [refresh_tokens.begin(make_user("editor"))]
    tokens += [refresh(client, tokens[-1]).json()["refresh"]]
    tokens += [refresh(client, tokens[-1]).json()["refresh"]]
    assert_problem(refresh(client, tokens[again]), 401, "unauthenticated")
    assert_problem(refresh(client, tokens[-1]), 401, "unauthenticated")


@pytest.mark.django_db
def test_another_login_of_the_same_user_goes_on(client: Client) -> None:
    user = make_user("editor")
    stolen, other = refresh_tokens.begin(user), refresh_tokens.begin(user)
    for _ in range(2):
        refresh(client, stolen)
    assert refresh(client, other).status_code == 200


@pytest.mark.django_db
def test_a_changed_password_ends_every_login(client: Client) -> None:
    user = make_user("editor", password="the password before")
    token = refresh_tokens.begin(user)
    user.set_password("the password after")
    user.save()
    assert_problem(refresh(client, token), 401, "unauthenticated")


@pytest.mark.django_db
def test_an_inactive_user_stays_out_and_a_removed_one_leaves_no_login(client: Client) -> None:
    user = make_user("editor")
    token = refresh_tokens.begin(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert_problem(refresh(client, token), 401, "unauthenticated")
    token = refresh_tokens.begin(user)
    user.delete()
    assert_problem(refresh(client, token), 401, "unauthenticated")


@pytest.mark.django_db
def test_after_twelve_hours_the_password_is_asked_for_again(client: Client) -> None:
    user = make_user("editor")
    token = refresh_tokens.begin(user)
    assert timedelta(hours=11.9) < login_of(user).expires_at - timezone.now() <= timedelta(hours=12)
    RefreshToken.objects.filter(user=user).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert_problem(refresh(client, token), 401, "unauthenticated")
    refresh_tokens.begin(make_user())  # cleans up
    assert not RefreshToken.objects.filter(user=user).exists()


@pytest.mark.django_db
def test_the_database_knows_no_token_only_its_digest() -> None:
    user = make_user("editor")
    token = refresh_tokens.begin(user)
    secret = token.partition(".")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT refresh_tokens::text FROM refresh_tokens WHERE user_id = %s", [user.pk])
        (row,) = cursor.fetchone()
    assert secret not in row
    assert hashlib.sha256(secret.encode()).hexdigest() in row


@pytest.mark.django_db
@pytest.mark.parametrize(
    "token", ["x", ".", "a.b.c", "0" * 32, "0" * 32 + ".", "0" * 32 + "." + "0" * 64, "٥" * 32 + ".a", "' OR 1=1 --"]
)
def test_what_is_no_token_is_refused(client: Client, token: str) -> None:
    assert_problem(refresh(client, token), 401, "unauthenticated")


@pytest.mark.django_db
def test_a_token_that_brought_nothing_is_not_used_up(client: Client) -> None:
    token = refresh_tokens.begin(make_user("editor"))
    keys = list(SigningKey.objects.all())
    SigningKey.objects.all().delete()
    ring.forget()
    assert_problem(refresh(client, token), 503, "unavailable")
    SigningKey.objects.bulk_create(keys)
    ring.forget()
    assert refresh(client, token).status_code == 200


def test_of_many_that_come_together_with_one_token_at_most_one_is_served(served: httpx.Client) -> None:
    token = refresh_tokens.begin(make_user("editor"))

    def redeem(_: int) -> str | None:
        try:
            redeemed = refresh_tokens.redeem(token)
            return redeemed and redeemed[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        served_ones = [each for each in threads.map(redeem, range(8)) if each]
    assert len(served_ones) == 1
    assert refresh_tokens.redeem(served_ones[0]) is None
