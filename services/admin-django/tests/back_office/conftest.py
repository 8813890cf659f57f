import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.back_office.person import Person
from tests.make import unique


@pytest.fixture
def boss(client: Client) -> Person:
    """A superuser who is signed in."""
    user = get_user_model().objects.create_superuser(unique("boss"))
    client.force_login(user)
    return Person(client, user.get_username())
