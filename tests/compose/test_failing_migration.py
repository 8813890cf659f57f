"""An `up` whose migration fails: a clear message, and no part that pretends to be ready."""

import socket

import psycopg
import pytest

from tests.compose.project import Project
from tests.http_client import HttpClient


def services_in(project: Project, status: str) -> set[str]:
    """Return the services whose container has this status."""
    return {service for service, container in project.containers().items() if container["State"]["Status"] == status}


@pytest.mark.disruptive
def test_a_failed_migration_is_explained_nothing_is_ready_and_the_next_up_repairs_it(second_project: Project) -> None:
    second_project.compose("up", "--wait", "postgres")
    superuser = second_project.database_url("migrate", "SUPERUSER_DATABASE_URL")
    with psycopg.connect(superuser, autocommit=True) as database:
        database.execute("CREATE TABLE categories (in_the_way integer)")

    up = second_project.compose("up", "--build", check=False)  # as a person types it: in the foreground

    assert up.returncode != 0
    assert 'service "migrate" didn\'t complete successfully: exit 1' in up.stdout
    message = second_project.compose("logs", "--no-log-prefix", "migrate").stdout
    assert 'bootstrap stopped: relation "categories" already exists' in message
    assert "Traceback" not in message
    assert services_in(second_project, "running") <= {"postgres"}
    assert services_in(second_project, "created") == {"admin-django", "simple-flask", "api-fastapi", "gateway"}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", second_project.port), timeout=2)

    second_project.compose("up", "--wait", "postgres")
    with psycopg.connect(superuser, autocommit=True) as database:
        database.execute("DROP TABLE categories")
    second_project.compose("up", "--wait")
    with HttpClient(second_project.url) as client:
        assert client.get("/readyz").status == 200
