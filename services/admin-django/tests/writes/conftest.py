"""Who writes."""

import pytest
from accounts.tokens import issue
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.make import unique


@pytest.fixture
def user() -> User:
    """An editor."""
    user = User.objects.create(username=unique("editor"))
    user.groups.add(Group.objects.get(name="editor"))
    return user


@pytest.fixture
def editor(user: User) -> Client:
    """A client with the editor's token."""
    return Client(headers={"Authorization": f"Bearer {issue(user)[0]}"})
