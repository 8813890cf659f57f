"""A token that was not made here for this, or is no longer good, is refused: 401, whatever is wrong with it."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from accounts import rotation
from accounts.key_ring import ring
from accounts.models import SigningKey
from accounts.signing_keys import make_key, open_key
from django.test import Client
from django.utils import timezone

from tests.forgeries import forgeries, token, workshop
from tests.identities import bearer, make_user
from tests.make import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keys_as_they_are() -> Iterator[None]:
    """Have the keys read again before and after, because tests change them in transactions that are rolled back."""
    ring.forget()
    yield
    ring.forget()


def status_of(client: Client, authorization: str | None) -> int:
    """Return the status of a write that would be refused for its body alone."""
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.post("/api/items/", "{}", content_type="application/json", headers=headers).status_code


def test_every_forgery_is_refused(client: Client) -> None:
    shop = workshop(make_user("manager"))
    assert status_of(client, f"Bearer {shop.good}") == 400
    forged = forgeries(shop)
    assert len(forged) > 130
    taken = {
        reason: status for reason, each in forged.items() if (status := status_of(client, f"Bearer {each}")) != 401
    }
    assert taken == {}


def test_a_refusal_tells_the_client_that_its_token_is_not_good(client: Client) -> None:
    response = client.post("/api/items/", "{}", content_type="application/json", headers=bearer("a.b.c"))
    assert_problem(response, 401, "unauthenticated")
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_without_a_token_the_client_is_told_what_it_needs(client: Client) -> None:
    response = client.post("/api/items/", "{}", content_type="application/json")
    assert_problem(response, 401, "unauthenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_without_the_scope_is_forbidden(client: Client) -> None:
    shop = workshop(make_user("viewer"))
    for scope in ("", "items:read", "items:writes", "Items:write", "items:write:all"):
        good = token(shop.header, {**shop.claims, "scope": scope}, shop.sign)
        response = client.post("/api/items/", "{}", content_type="application/json", headers=bearer(good))
        assert_problem(response, 403, "forbidden")
        assert "items:write" in response.json()["detail"]
        assert response.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="items:write"'


def test_the_header_is_read_as_http_has_it(client: Client) -> None:
    good = workshop(make_user("editor")).good
    for authorization in (f"Bearer {good}", f"bearer {good}", f"BEARER {good}", f"Bearer  {good}"):
        assert status_of(client, authorization) == 400, authorization
    for refused in (
        None, "", "Bearer", "Bearer ", good, f"Token {good}", f"Basic {good}", f"Bearer={good}", f"Bearer: {good}",
        f"Bearer\t{good}", f"Bearer {good},Bearer {good}", f"Bearer {good}, Bearer {good}", f"Bearer {good} x",
        f'Bearer "{good}"', f"Bearer token={good}", f"Bearer Bearer {good}", "Bearer é",
    ):  # fmt: skip
        assert status_of(client, refused) == 401, refused


def test_a_session_opens_no_write(client: Client) -> None:
    client.force_login(make_user("manager", is_superuser=True, is_staff=True))
    assert client.get("/admin/").status_code == 200
    assert status_of(client, None) == 401


def test_the_user_must_still_be_there_and_active(client: Client) -> None:
    user = make_user("editor")
    good = workshop(user).good
    user.is_active = False
    user.save()
    assert status_of(client, f"Bearer {good}") == 401
    user.delete()
    assert status_of(client, f"Bearer {good}") == 401


def test_a_retired_key_and_one_of_another_environment_are_unknown(client: Client) -> None:
    shop, retired, elsewhere = workshop(make_user("editor")), make_key(), make_key()
    retired.signs_from = timezone.now() - timedelta(days=1)
    retired.verifies_until = timezone.now() - timedelta(seconds=1)
    retired.save()
    ring.forget()
    for key in (retired, elsewhere):
        old = token({**shop.header, "kid": key.kid}, shop.claims, open_key(key).sign)
        assert status_of(client, f"Bearer {old}") == 401
    retired.verifies_until = timezone.now() + timedelta(seconds=30)
    retired.save()
    ring.forget()
    assert (
        status_of(client, f"Bearer {token({**shop.header, 'kid': retired.kid}, shop.claims, open_key(retired).sign)}")
        == 400
    )


def test_one_key_does_not_vouch_for_another(client: Client) -> None:
    """The next key is published and verifies; what another key signed under its id does not pass."""
    shop = workshop(make_user("editor"))
    following = SigningKey.objects.get(signs_from=None)
    assert status_of(client, f"Bearer {token({**shop.header, 'kid': following.kid}, shop.claims, shop.sign)}") == 401
    rotation.rotate()
    ring.forget()
    assert status_of(client, f"Bearer {shop.good}") == 400


def test_no_address_in_a_header_is_asked_for_keys(client: Client) -> None:
    shop = workshop(make_user("editor"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/keys.json"
        for name in ("jku", "x5u", "kid", "url"):
            asking = token({**shop.header, name: address}, shop.claims, shop.sign)
            assert status_of(client, f"Bearer {asking}") == 401
        with pytest.raises(BlockingIOError):
            server.accept()


def test_reads_are_for_everybody_whatever_token_comes_along(client: Client) -> None:
    assert client.get("/api/items/?limit=1", headers=bearer("forged")).status_code == 200
    assert json.loads(client.get("/api/auth/jwks.json", headers=bearer("forged")).content)["keys"]
