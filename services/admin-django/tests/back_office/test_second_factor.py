"""The second factor."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.back_office.person import ITEMS
from tests.identities import PASSWORD
from tests.make import unique

pytestmark = pytest.mark.django_db
PAGE = "/admin/second-factor/"


def log_in(name: str, code: str = "") -> Client:
    """Send the password, and then the code, where there is one."""
    client = Client()
    client.post("/admin/login/", {"username": name, "password": PASSWORD, "next": "/admin/"})
    if code:
        client.post("/admin/login/?next=/admin/", {"code": code})
    return client


def is_in(client: Client) -> bool:
    return client.get(ITEMS).status_code == 200


def enrol(client: Client) -> list[str]:
    """Set the second factor up; return the recovery codes."""
    client.get(PAGE)
    response = client.post(PAGE, {"code": code_of(TOTPDevice.objects.latest("id"))})
    return list(response.context["codes"])


def code_of(device: TOTPDevice, later: int = 0) -> str:
    """Return the code that the authenticator shows now, or some half minutes later."""
    return f"{totp(device.bin_key, drift=later):06}"


def next_code() -> str:
    """Return a code that has not been used: the one that comes next, which the device takes already."""
    return code_of(TOTPDevice.objects.latest("id"), later=1)


def test_without_the_setting_a_password_is_enough(name: str) -> None:
    assert is_in(log_in(name))


def test_the_page_shows_a_picture_of_the_key_and_keeps_it_until_it_is_confirmed(name: str) -> None:
    client = log_in(name)
    first, second = (client.get(PAGE).content.decode() for _ in range(2))
    assert "data:image/svg+xml;base64," in first
    assert re.findall("<code.*?</code>", first) == re.findall("<code.*?</code>", second)
    assert is_in(log_in(name))  # not confirmed, so not asked for


def test_a_wrong_code_confirms_nothing(name: str) -> None:
    client = log_in(name)
    client.get(PAGE)
    assert "not the code" in client.post(PAGE, {"code": "000000"}).content.decode()
    assert is_in(log_in(name))


def test_who_has_set_it_up_comes_in_with_a_code_only(name: str) -> None:
    client = log_in(name)
    enrol(client)
    assert is_in(client)
    assert not is_in(log_in(name))
    assert not is_in(log_in(name, code="12345"))
    TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    assert is_in(log_in(name, code=next_code()))


def test_only_who_has_given_the_password_is_asked_for_a_code(name: str) -> None:
    enrol(log_in(name))
    client = Client()
    assert 'name="code"' not in client.get("/admin/login/").content.decode()
    wrong = client.post("/admin/login/", {"username": name, "password": "wrong", "next": ITEMS})
    assert "code" not in wrong.context["form"].fields
    right = client.post("/admin/login/", {"username": name, "password": PASSWORD, "next": ITEMS}, follow=True)
    assert right.redirect_chain[-1] == (f"/admin/login/?next={ITEMS}", 302)
    assert 'name="code"' in right.content.decode()
    accepted = client.post(right.redirect_chain[-1][0], {"code": next_code()})
    assert accepted.headers["Location"] == ITEMS


def test_the_answer_to_a_wrong_password_is_the_same_whether_there_is_a_second_factor(name: str) -> None:
    other = get_user_model().objects.create_superuser(unique("boss"), password=PASSWORD).get_username()
    enrol(log_in(name))
    pages = []
    for tried in (name, other):
        client = Client()
        answer = client.post("/admin/login/", {"username": tried, "password": "wrong", "next": "/admin/"})
        token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
        pages.append((answer.status_code, token.sub("", answer.content.decode()).replace(tried, "NAME")))
    assert pages[0] == pages[1]


def test_a_session_without_the_code_opens_nothing_and_ends_soon(name: str) -> None:
    enrol(log_in(name))
    client = log_in(name)
    for path in ("/admin/", ITEMS, "/admin/password_change/", "/admin/jsi18n/", PAGE):
        assert client.get(path).headers["Location"].startswith("/admin/login/"), path
    assert client.session.get_expiry_age() <= 600
    client.post("/admin/login/", {"code": next_code()})
    assert is_in(client)
    assert client.session.get_expiry_age() == settings.SESSION_COOKIE_AGE


def test_a_code_leads_to_no_other_host(name: str) -> None:
    enrol(log_in(name))
    client = log_in(name)
    answer = client.post("/admin/login/?next=https://elsewhere.example/", {"code": next_code()})
    assert answer.headers["Location"] == "/admin/"


def test_somebody_else_may_begin_at_the_page_of_the_code(name: str) -> None:
    enrol(log_in(name))
    client = log_in(name)
    client.post("/admin/login/", {"leave": "1"})
    assert 'name="password"' in client.get("/admin/login/").content.decode()


def test_a_code_is_good_for_one_login(name: str) -> None:
    enrol(log_in(name))
    code = next_code()
    assert is_in(log_in(name, code))
    assert not is_in(log_in(name, code))


def test_a_recovery_code_lets_in_once(name: str) -> None:
    codes = enrol(log_in(name))
    assert len(set(codes)) == 10
    assert is_in(log_in(name, codes[0]))
    assert not is_in(log_in(name, codes[0]))


def test_the_setting_asks_everybody_to_set_it_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ADMIN_REQUIRE_OTP", True)
    client = log_in(name)
    assert not is_in(client)
    assert client.get(ITEMS, follow=True).redirect_chain[-1][0] == PAGE
    enrol(client)
    assert is_in(client)


def test_a_session_from_before_the_setting_is_not_enough_after_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = log_in(name)
    assert is_in(client)
    monkeypatch.setattr(settings, "ADMIN_REQUIRE_OTP", True)
    assert not is_in(client)


def test_a_session_without_the_code_cannot_replace_or_remove_the_factor(name: str) -> None:
    before, other = log_in(name), log_in(name)
    enrol(before)
    assert other.get(PAGE).headers["Location"].startswith("/admin/login/")
    other.post(PAGE, {"remove": "1"})
    assert not is_in(log_in(name))


def test_it_can_be_removed_by_who_came_in_with_it(name: str) -> None:
    client = log_in(name)
    enrol(client)
    client.post(PAGE, {"remove": "1"})
    assert is_in(log_in(name))


def test_a_command_lets_in_who_has_lost_it(name: str) -> None:
    enrol(log_in(name))
    call_command("unlock_user", name, "--without-second-factor")
    assert is_in(log_in(name))


def test_strangers_and_customers_have_no_page_for_it(client: Client) -> None:
    assert client.get(PAGE).status_code == 302
    client.force_login(get_user_model().objects.create_user(unique("nobody")))
    assert client.get(PAGE).status_code == 302


def test_the_keys_of_others_are_shown_to_nobody(name: str) -> None:
    client = log_in(name)
    enrol(client)
    device: Any = TOTPDevice.objects.latest("id")
    page = client.get(f"/admin/otp_totp/totpdevice/{device.pk}/change/").content.decode()
    assert device.key not in page
    assert client.get(f"/admin/otp_totp/totpdevice/{device.pk}/qrcode/").status_code == 403
    assert client.get("/admin/otp_static/staticdevice/").status_code == 404
