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
def _made(server: Server, present: Tree) -> Iterator[tuple[str, str]]:
    """A database as the bootstrap leaves it, and a copy to which nobody connects, so that it can be copied again."""
    with server.new_database() as database:
        present.bootstrap(server, database)
        with server.new_database(template=database) as untouched:
            yield database, untouched


@pytest.fixture(scope="session")
def migrated(_made: tuple[str, str]) -> str:
    """A database as the bootstrap leaves it; for looking at, not for changing."""
    return _made[0]


@pytest.fixture
def copy(server: Server, _made: tuple[str, str]) -> Iterator[str]:
    """A migrated database of the test's own, but for the rights on the database itself, which are not copied."""
    with server.new_database(template=_made[1]) as database:
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
