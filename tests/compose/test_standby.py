"""docker-compose.standby.yml: a standby that streams, is read from, and takes the database's place."""

import uuid
from collections.abc import Iterator
from functools import partial

import pytest

from tests.compose.project import FILES, Project, free_port
from tests.wait import until

READ = "from urllib.request import urlopen; print(urlopen('http://127.0.0.1:8000/api/items/?q={}').read().decode())"


@pytest.fixture
def with_standby() -> Iterator[Project]:
    """A database, its standby, and api-fastapi; gone after the test."""
    project = Project("triptych-test-standby", free_port(), free_port(), (*FILES, "docker-compose.standby.yml"))
    project.remove()
    project.compose("up", "--build", "--wait", "standby", "api-fastapi")
    yield project
    project.remove()


def sql(project: Project, service: str, statement: str) -> str:
    """Run a statement as the superuser, in the server's own container."""
    return project.inside(service, f'psql -U postgres -d triptych -qAtc "{statement}"').strip()


def found(project: Project, word: str) -> bool:
    """Tell whether api-fastapi finds an item by a word of its name."""
    return word in project.inside("api-fastapi", f'python -c "{READ.format(word)}"')


def test_it_streams_with_the_least_rights_is_read_from_and_can_be_promoted(with_standby: Project) -> None:
    rights = "SELECT rolreplication, rolsuper, has_database_privilege(oid, 'triptych', 'CONNECT')"
    assert sql(with_standby, "postgres", f"{rights} FROM pg_roles WHERE rolname = 'replicator'") == "t|f|f"
    streams = "SELECT usename, state FROM pg_stat_replication"
    until(lambda: sql(with_standby, "postgres", streams) == "replicator|streaming", "the standby streams")

    insert = "INSERT INTO items (name, description, price) VALUES ('{}', '', 1)"
    word = f"streamed{uuid.uuid4().hex}"
    sql(with_standby, "postgres", insert.format(word))
    until(partial(found, with_standby, word), "the item is shown")
    asked = "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'api-fastapi'"

    def read() -> bool:
        found(with_standby, uuid.uuid4().hex)  # what nobody has asked for is not in the cache
        return sql(with_standby, "standby", asked) == "t"

    until(read, "reads go to the standby")

    with_standby.compose("kill", "postgres")
    assert found(with_standby, word)
    with_standby.inside("standby", "pg_ctl promote")
    word = f"promoted{uuid.uuid4().hex}"
    sql(with_standby, "standby", insert.format(word))
    until(partial(found, with_standby, word), "what is written to the new primary is shown")
