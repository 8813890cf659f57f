"""Databases of the tests' own on the running stack's server, made by the bootstrap that every release runs."""

from collections.abc import Iterator

import pytest

from tests.boundary.databases import Connection, Server
from tests.boundary.tree import Tree


@pytest.fixture(scope="session")
def server() -> Server:
    """The running stack's database server."""
    return Server.of_environment()


@pytest.fixture(scope="session")
def present() -> Tree:
    """The source tree that these tests are part of."""
    return Tree()


@pytest.fixture(scope="session")
def migrated(server: Server, present: Tree) -> Iterator[str]:
    """A database as the bootstrap leaves it; for looking at, not for changing."""
    with server.new_database() as database:
        present.bootstrap(server, database)
        yield database


@pytest.fixture(scope="session")
def superuser(server: Server, migrated: str) -> Iterator[Connection]:
    """The superuser in the migrated database."""
    with server.connect("postgres", migrated) as connection:
        yield connection


@pytest.fixture
def empty(server: Server) -> Iterator[str]:
    """A database of the test's own, with nothing in it."""
    with server.new_database() as database:
        yield database
