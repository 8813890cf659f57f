"""An account that strangers try from everywhere, and its owner."""

from typing import Any
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from tests.identities import PASSWORD
from tests.make import assert_problem, unique

pytestmark = pytest.mark.django_db
ELSEWHERE = "198.51.100.200"
LIMIT = settings.ACCOUNT_FAILURE_LIMIT


@pytest.fixture(autouse=True)
def _few_wrong_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account takes two more than an address: what these tests say does not depend on how many more."""
    monkeypatch.setattr(settings, "ACCOUNT_FAILURE_LIMIT", settings.AXES_FAILURE_LIMIT + 2)


def form(client: Client, name: str, password: str, address: str, **headers: str) -> Any:
    """Log in to the back office."""
    sent = {"username": name, "password": password, "next": "/admin/"}
    return client.post("/admin/login/", sent, headers={"X-Forwarded-For": address, **headers})


def token(client: Client, name: str, password: str, address: str) -> Any:
    """Ask for tokens."""
    body = {"username": name, "password": password}
    return client.post("/api/auth/token/", body, "application/json", headers={"X-Forwarded-For": address})


def guess(name: str, fewer: int = 0, **headers: str) -> list[int]:
    """Try as many wrong passwords as an account takes, each from an address of its own; return the statuses."""
    addresses = [f"203.0.113.{number}" for number in range(settings.ACCOUNT_FAILURE_LIMIT - fewer)]
    return [form(Client(), name, "wrong", address, **headers).status_code for address in addresses]


def test_guessing_from_everywhere_ends_for_every_address(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ACCOUNT_FAILURE_LIMIT", LIMIT)
    assert guess(name) == [200] * 30
    assert form(Client(), name, PASSWORD, ELSEWHERE).status_code == 429
    refused = token(Client(), name, PASSWORD, ELSEWHERE)
    assert_problem(refused, 429, "too-many-requests")
    assert refused.headers["Retry-After"] == "900"


def test_before_that_the_right_password_lets_in_from_anywhere(name: str) -> None:
    guess(name, fewer=1)
    assert form(Client(), name, PASSWORD, ELSEWHERE).status_code == 302


def test_a_name_that_does_not_exist_ends_in_the_same_way(name: str) -> None:
    nobody = unique("nobody")
    assert guess(nobody) == guess(name)
    one, other = (token(Client(), each, PASSWORD, ELSEWHERE) for each in (nobody, name))
    assert (one.status_code, one.content) == (other.status_code, other.content) == (429, other.content)
    assert form(Client(), nobody, PASSWORD, ELSEWHERE).content == form(Client(), name, PASSWORD, ELSEWHERE).content


@pytest.mark.parametrize("first", [form, token])
@pytest.mark.parametrize("then", [form, token])
def test_the_owner_comes_in_from_a_known_device(name: str, first: Any, then: Any) -> None:
    """Whichever way they came in there before, and from whatever address they come now, a guesser's own included."""
    device = Client()
    assert first(device, name, PASSWORD, "192.0.2.1").status_code in (200, 302)
    guess(name)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        form(Client(), name, "wrong", ELSEWHERE)
    assert then(Client(), name, PASSWORD, ELSEWHERE).status_code == 429
    assert then(device, name, PASSWORD, ELSEWHERE).status_code in (200, 302)


def test_the_owner_goes_on_with_a_refresh_token(name: str, client: Client) -> None:
    tokens = token(client, name, PASSWORD, "192.0.2.1").json()
    guess(name)
    sent = {"refresh": tokens["refresh"]}
    assert Client().post("/api/auth/refresh/", sent, "application/json").status_code == 200


def test_a_known_device_has_its_own_five(name: str) -> None:
    device = Client()
    form(device, name, PASSWORD, "192.0.2.1")
    statuses = [token(device, name, "wrong", f"192.0.2.{number}").status_code for number in range(5)]
    assert statuses == [401] * 4 + [429]
    assert token(device, name, PASSWORD, "192.0.2.99").status_code == 429
    assert token(Client(), name, PASSWORD, "192.0.2.1").status_code == 200


def test_a_device_that_another_user_came_in_on_is_not_known(name: str) -> None:
    device = Client()
    other = get_user_model().objects.create_superuser(unique("boss"), password=PASSWORD).get_username()
    form(device, other, PASSWORD, "192.0.2.1")
    guess(name)
    assert token(device, name, PASSWORD, ELSEWHERE).status_code == 429
    [cookie] = [each for each in device.cookies if each.startswith("triptych_device_")]
    mine = Client()
    token(mine, unique("nobody"), "wrong", ELSEWHERE)
    guess(other)
    mine.cookies[cookie] = device.cookies[cookie].value[:-1] + "!"
    assert token(mine, other, PASSWORD, ELSEWHERE).status_code == 429
    mine.cookies[cookie] = device.cookies[cookie].value
    assert token(mine, other, PASSWORD, ELSEWHERE).status_code == 200


def test_two_users_of_one_device_are_both_known(name: str) -> None:
    device = Client()
    other = get_user_model().objects.create_superuser(unique("boss"), password=PASSWORD).get_username()
    for each in (name, other):
        token(device, each, PASSWORD, "192.0.2.1")
    guess(name)
    assert token(device, name, PASSWORD, ELSEWHERE).status_code == 200


def test_a_user_agent_that_looks_like_a_device_is_counted(name: str) -> None:
    headers: dict[str, Any] = {"User-Agent": "known device 1"}
    guess(name, **headers)
    assert token(Client(), name, PASSWORD, ELSEWHERE).status_code == 429


def test_the_cookie_is_for_logins_only(name: str, client: Client) -> None:
    form(client, name, PASSWORD, "192.0.2.1")
    [cookie] = [value for key, value in client.cookies.items() if key.startswith("triptych_device_")]
    assert cookie["httponly"] and cookie["samesite"] == "Strict"
    assert name not in cookie.key + cookie.value
    stranger = Client()
    stranger.cookies[cookie.key] = cookie.value
    assert stranger.get("/admin/").status_code == 302


def test_a_wrong_password_sets_no_cookie(name: str) -> None:
    for answer in (form(Client(), name, "wrong", ELSEWHERE), token(Client(), name, "wrong", ELSEWHERE)):
        assert not [each for each in answer.cookies if each.startswith("triptych_device_")]


def test_addresses_of_one_ipv6_network_are_one(name: str) -> None:
    for number in range(settings.AXES_FAILURE_LIMIT):
        form(Client(), name, "wrong", f"2001:db8::{number}")
    assert form(Client(), name, PASSWORD, "2001:db8::ffff").status_code == 429
    assert form(Client(), name, PASSWORD, "2001:db8:0:1::1").status_code == 302
    assert form(Client(), name, PASSWORD, "::ffff:192.0.2.1").status_code == 302
    assert AccessAttempt.objects.get(username=name).ip_address == "2001:db8::"


def test_the_old_password_of_a_change_is_no_way_to_guess(name: str) -> None:
    client = Client()
    form(client, name, PASSWORD, "192.0.2.1")
    new = str(uuid4())
    wrong, right = ({"old_password": each, "new_password1": new, "new_password2": new} for each in ("wrong", PASSWORD))
    changes = [client.post("/admin/password_change/", wrong).status_code for _ in range(settings.AXES_FAILURE_LIMIT)]
    assert changes == [200] * (settings.AXES_FAILURE_LIMIT - 1) + [429]
    assert client.post("/admin/password_change/", right).status_code == 429
    assert token(Client(), name, new, ELSEWHERE).status_code == 401


def test_a_password_can_be_changed(name: str) -> None:
    client = Client()
    form(client, name, PASSWORD, "192.0.2.1")
    new = str(uuid4())
    sent = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/admin/password_change/", sent).status_code == 302
    assert token(Client(), name, new, ELSEWHERE).status_code == 200
