"""Who tries passwords."""

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client

from tests.identities import PASSWORD
from tests.make import assert_problem, unique

pytestmark = pytest.mark.django_db


def log_in(name: str, password: str, address: str = "192.0.2.1", client: Client | None = None) -> int:
    form = {"username": name, "password": password, "next": "/admin/"}
    return (client or Client()).post("/admin/login/", form, headers={"X-Forwarded-For": address}).status_code


def fail(name: str, times: int = 5, address: str = "192.0.2.1") -> None:
    for _ in range(times):
        log_in(name, "wrong", address)


def test_four_wrong_passwords_do_no_harm(name: str) -> None:
    fail(name, times=4)
    assert log_in(name, PASSWORD) == 302


def test_after_five_even_the_right_password_is_refused(name: str) -> None:
    fail(name)
    assert log_in(name, PASSWORD) == 429


def test_others_and_other_addresses_are_not_locked_out(name: str) -> None:
    other = get_user_model().objects.create_superuser(unique("boss"), password=PASSWORD).get_username()
    fail(name)
    assert log_in(other, PASSWORD) == 302
    assert log_in(name, PASSWORD, address="192.0.2.2") == 302


def test_the_address_is_the_one_that_the_gateway_wrote(name: str) -> None:
    for forged in range(5):
        log_in(name, "wrong", address=f"198.51.100.{forged}, 192.0.2.9")
    assert log_in(name, PASSWORD, address="192.0.2.9") == 429


@pytest.mark.parametrize("address", ["", "not an address", "1.2.3.4.5", "x" * 5000, "2001:db8::1"])
def test_any_address_is_survived(name: str, address: str) -> None:
    assert log_in(name, "wrong", address=address) == 200
    assert log_in(name, PASSWORD, address=address) == 302


@pytest.mark.parametrize("username", ["", "x" * 300, "ﷺ" * 100, "a\0b", "ﬁ", "'; DROP TABLE items"])
def test_any_name_is_survived(username: str) -> None:
    assert log_in(username, "wrong") == 200
    body = {"username": username, "password": "wrong"}
    assert Client().post("/api/auth/token/", body, content_type="application/json").status_code in (400, 401)


def test_the_token_endpoint_counts_with_the_back_office(name: str) -> None:
    fail(name, times=4)
    body = {"username": name, "password": "wrong"}
    headers = {"X-Forwarded-For": "192.0.2.1"}
    Client().post("/api/auth/token/", body, content_type="application/json", headers=headers)
    response = Client().post("/api/auth/token/", {**body, "password": PASSWORD}, "application/json", headers=headers)
    assert_problem(response, 429, "too-many-requests")
    assert response.headers["Retry-After"] == "900"
    assert log_in(name, PASSWORD) == 429


@pytest.mark.parametrize("command", ["unlock_user", "let_in"])
def test_a_command_lets_somebody_in_again(name: str, command: str) -> None:
    fail(name)
    call_command(command, name)
    assert log_in(name, PASSWORD) == 302


def test_the_command_names_a_user_that_is_not_there() -> None:
    with pytest.raises(CommandError, match="nobody"):
        call_command("unlock_user", "nobody")


def test_a_login_after_some_failures_forgets_them(name: str) -> None:
    for _ in range(3):
        fail(name, times=3)
        assert log_in(name, PASSWORD) == 302
