from collections.abc import Iterator

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from tests.back_office.person import Person
from tests.identities import PASSWORD
from tests.make import unique


@pytest.fixture
def boss(client: Client) -> Person:
    """A superuser who is signed in."""
    user = get_user_model().objects.create_superuser(unique("boss"))
    client.force_login(user)
    return Person(client, user.get_username())


@pytest.fixture
def name() -> str:
    """The name of somebody who may come in with PASSWORD."""
    return get_user_model().objects.create_superuser(unique("boss"), password=PASSWORD).get_username()


@pytest.fixture
def patient(boss: Person, monkeypatch: pytest.MonkeyPatch) -> Person:
    """The boss, whose statements wait a moment for others and no longer."""
    monkeypatch.setattr("catalog.admin.bulk.PATIENCE", "100ms")
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    return boss


@pytest.fixture
def held() -> Iterator[psycopg.Connection]:
    """Another's connection, whose locks are given back at the end."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        yield other
        other.rollback()
