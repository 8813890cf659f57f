"""Who tries passwords: locked out, and kept from taking the memory."""

from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from accounts.turns import AT_ONCE
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client
from django_otp.oath import totp

from tests.identities import PASSWORD, make_user
from tests.make import assert_problem, unique


def ask(client: Client, name: str, password: str, address: str = "192.0.2.1") -> Any:
    body = {"username": name, "password": password}
    headers = {"X-Forwarded-For": address}
    return client.post("/api/auth/token/", body, content_type="application/json", headers=headers)


@pytest.mark.django_db
def test_who_guesses_is_locked_out_and_the_user_elsewhere_is_not(client: Client) -> None:
    user = make_user("editor", password=PASSWORD)
    statuses = [ask(client, user.username, "wrong").status_code for _ in range(settings.AXES_FAILURE_LIMIT)]
    assert statuses == [401] * (settings.AXES_FAILURE_LIMIT - 1) + [429]
    right = ask(client, user.username, PASSWORD)
    assert_problem(right, 429, "too-many-requests")
    assert int(right.headers["Retry-After"]) > 0
    assert ask(client, user.username, PASSWORD, address="192.0.2.2").status_code == 200
    assert ask(client, unique("nobody"), PASSWORD).status_code == 401


@pytest.mark.django_db
def test_another_spelling_of_the_name_is_no_way_around_the_lock(client: Client) -> None:
    """Names are compared in the form NFKC, where a full-width letter is the ordinary one."""
    user = make_user("editor", password=PASSWORD)
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in user.username)
    assert ask(client, wide, PASSWORD).status_code == 200
    for _ in range(settings.AXES_FAILURE_LIMIT):
        ask(client, wide, "wrong")
    assert ask(client, user.username, PASSWORD).status_code == 429


@pytest.mark.django_db
def test_the_lock_of_the_token_endpoint_is_the_one_of_the_admin(client: Client) -> None:
    user = make_user(password=PASSWORD, is_staff=True)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        ask(client, user.username, "wrong")
    form = {"username": user.username, "password": PASSWORD}
    assert client.post("/admin/login/", form, headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 429


@pytest.mark.django_db
def test_who_has_a_second_factor_needs_it_for_a_token(client: Client) -> None:
    user = make_user("editor", password=PASSWORD)
    device = user.totpdevice_set.create(name="phone")  # type: ignore[attr-defined]
    body = {"username": user.username, "password": PASSWORD}
    codes = {None: 401, "000000x": 401, f"{totp(device.bin_key):06d}": 200}
    for code, status in codes.items():
        device.throttle_reset()  # a wrong code has to be paid for with a second
        sent = body if code is None else {**body, "otp": code}
        assert client.post("/api/auth/token/", sent, content_type="application/json").status_code == status, code
    assert client.post("/api/auth/token/", sent, content_type="application/json").status_code == 401  # used


@pytest.mark.full_hashing
def test_logins_that_come_together_take_turns() -> None:
    """Each takes 100 MiB for the moment; eight at once would be more than the container has."""
    encoded = make_password(PASSWORD)
    before = peak = _resident()
    with ThreadPoolExecutor(8) as threads:
        logins = [threads.submit(check_password, PASSWORD, encoded) for _ in range(16)]
        while not all(login.done() for login in logins):
            peak = max(peak, _resident())
            wait(logins, 0.005)  # a busy loop would take the core that the hash, which steps back, is to have
    assert all(login.result() for login in logins)
    assert peak - before < (AT_ONCE + 1) * 100


def _resident() -> float:
    """Return this process's memory in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
