"""An `up` whose migration fails: a clear message, and no part that pretends to be ready."""

import socket
import subprocess

import psycopg
import pytest

from tests.compose.project import Project


def services_in(project: Project, status: str) -> set[str]:
    """Return the services whose container has this status."""
    return {service for service, container in project.containers().items() if container["State"]["Status"] == status}


@pytest.mark.disruptive
@pytest.mark.parametrize("mode", [["--wait"], []], ids=["in the background", "in the foreground"])
def test_nothing_starts_after_a_migration_that_failed(second_project: Project, mode: list[str]) -> None:
    second_project.compose("up", "--wait", "postgres")
    superuser = second_project.database_url("migrate", "SUPERUSER_DATABASE_URL")
    with psycopg.connect(superuser, autocommit=True) as database:
        database.execute("CREATE TABLE categories (in_the_way integer)")

    up = second_project.compose("up", "--build", *mode, check=False)

    assert up.returncode != 0
    assert 'service "migrate" didn\'t complete successfully: exit 1' in up.stdout
    message = second_project.compose("logs", "--no-log-prefix", "migrate").stdout
    assert "bootstrap stopped" in message and 'relation "categories" already exists' in message
    assert "Traceback" not in message
    assert services_in(second_project, "running") <= {"postgres"}
    assert services_in(second_project, "created") == {"admin-django", "simple-flask", "api-fastapi", "gateway"}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", second_project.port), timeout=2)


@pytest.mark.disruptive
def test_the_failed_system_comes_up_once_the_cause_is_gone(second_project: Project) -> None:
    second_project.compose("up", "--wait", "postgres")
    superuser = second_project.database_url("migrate", "SUPERUSER_DATABASE_URL")
    with psycopg.connect(superuser, autocommit=True) as database:
        database.execute("CREATE TABLE categories (in_the_way integer)")
        assert second_project.compose("up", "--build", "--wait", check=False).returncode != 0
        database.execute("DROP TABLE categories")
    second_project.compose("up", "--wait")
    assert subprocess.run(["curl", "-fsS", f"{second_project.url}/readyz"], capture_output=True).returncode == 0
