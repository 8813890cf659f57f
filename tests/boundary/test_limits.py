"""What a service's role can take from the others ends somewhere, also where it was not closed from the beginning."""

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from tests.boundary.databases import SERVICE_ROLES, Connection, Server
from tests.boundary.grants import golden, grants
from tests.boundary.scratch import scratch_server
from tests.boundary.tree import Tree

MINE = [
    "ALTER ROLE CURRENT_USER SET search_path = mine",
    "ALTER ROLE CURRENT_USER SET statement_timeout = 1",
    "ALTER ROLE CURRENT_USER IN DATABASE triptych SET work_mem = '1GB'",
    "ALTER ROLE CURRENT_USER PASSWORD 'mine'",
]


@pytest.fixture(scope="module")
def alone(present: Tree) -> Iterator[Server]:
    """A server of the tests' own, on which nobody else uses up what a role may have."""
    with scratch_server() as server:
        present.bootstrap(server, "triptych")
        yield server


def refused(server: Server, role: str, stack: ExitStack) -> str | None:
    """Open one more connection as a role; return what the server has against it."""
    try:
        stack.enter_context(server.connect(role, "triptych"))
    except psycopg.OperationalError as error:
        return str(error).strip().rpartition("failed: ")[2]
    return None


@pytest.mark.parametrize("role", SERVICE_ROLES)
def test_a_role_leaves_connections_for_the_others(alone: Server, role: str) -> None:
    with ExitStack() as stack:
        opened = 0
        while refused(alone, role, stack) is None:
            opened += 1
        assert 30 <= opened < 80, "enough for its service, and less than there are"
        assert refused(alone, role, stack) == f'FATAL:  too many connections for role "{role}"'
        for other in {"triptych_owner", *SERVICE_ROLES} - {role}:
            with alone.connect(other, "triptych") as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("role", SERVICE_ROLES)
@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_a_role_has_no_other_database_in_which_all_that_would_be_open(alone: Server, role: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        alone.connect(role, database)


@pytest.mark.parametrize("role", SERVICE_ROLES)
def test_a_role_cannot_fill_the_disk_with_temporary_files(alone: Server, role: str) -> None:
    with alone.connect(role, "triptych") as connection:
        connection.execute("SET work_mem = '64kB'")
        with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
            connection.execute("SELECT repeat(md5(n::text), 300) FROM generate_series(1, 100000) AS n ORDER BY 1")


@pytest.mark.parametrize("role", SERVICE_ROLES)
def test_no_role_leaves_a_prepared_transaction_behind(alone: Server, role: str) -> None:
    """It would hold its locks without a session that could be ended, after a restart, too."""
    with alone.connect(role, "triptych") as connection, pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        connection.execute("BEGIN; PREPARE TRANSACTION 'mine'")


def test_what_a_role_has_set_for_itself_ends_with_the_next_bootstrap(alone: Server, present: Tree) -> None:
    with alone.connect("postgres", "triptych") as superuser:
        with alone.connect("api_fastapi", "triptych") as service:
            for statement in MINE:
                service.execute(statement)  # Postgres lets every role do so, and nothing can be revoked
        assert grants(superuser) != golden()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            alone.connect("api_fastapi", "triptych")
        present.bootstrap(alone, "triptych")
        assert grants(superuser) == golden()
    with alone.connect("api_fastapi", "triptych") as service:
        assert shown(service, "search_path") == '"$user", public'
        assert shown(service, "temp_file_limit") == "256MB"


def shown(connection: Connection, setting: str) -> str:
    """Return a setting as the session has it."""
    row = connection.execute("SELECT current_setting(%s)", [setting]).fetchone()
    assert row is not None
    return str(row[0])
