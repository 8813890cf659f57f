"""What happens to the data when the system goes and comes back."""

import uuid

import psycopg
import pytest

from tests.compose.project import Project
from tests.http_client import HttpClient

IDLE_LIMIT = 400  # MB, the whole system


def names_found(project: Project, name: str) -> list[str]:
    """Return the names of the items that the gateway finds for this name."""
    with HttpClient(project.url) as client:
        reply = client.get(f"/api/items/?q={name}")
    assert reply.status == 200, reply
    return [item["name"] for item in reply.json()]


@pytest.mark.disruptive
def test_items_survive_down_and_up_and_end_with_down_volumes(second_project: Project) -> None:
    name = f"kept{uuid.uuid4().hex}"
    second_project.compose("up", "--build", "--wait")
    with psycopg.connect(second_project.database_url(), autocommit=True) as database:
        database.execute("INSERT INTO items (name, description, price) VALUES (%s, '', 1)", (name,))
    assert names_found(second_project, name) == [name]

    second_project.compose("down")
    assert second_project.containers() == {}
    second_project.compose("up", "--wait")
    assert names_found(second_project, name) == [name]

    second_project.compose("down", "--volumes")
    second_project.compose("up", "--wait")
    assert names_found(second_project, name) == []
    sizes = second_project.memory()
    assert sum(sizes.values()) <= IDLE_LIMIT, sizes
