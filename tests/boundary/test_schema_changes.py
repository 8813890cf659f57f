"""The schema changes under what is connected to it for long: no read fails, and no write of admin-django."""

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.bearer import send
from tests.boundary.databases import Server
from tests.boundary.processes import COMMANDS, Process, serving
from tests.boundary.schema_changes import CHANGES
from tests.boundary.tree import Tree
from tests.boundary.writers import Writer
from tests.http_client import HttpClient
from tests.load import Load
from tests.problems import assert_problem
from tests.wait import until

READS = [
    "/api/items/1/",
    "/api/items/?limit=5",
    "/api/items/?q=form&limit=3",
    "/api/items/?sort=price&category=kitchen",
    "/api/categories/",
    "/readyz",
]
TASKS = ["/api/tasks/exports/items.csv?max_price=5"]
USER, PASSWORD = "editor", "a-password-of-some-length"


class ApiWriter(Writer):
    """Makes items, changes them, puts many at once and deletes them, through the API."""

    pause = 0.02

    def __init__(self, url: str) -> None:
        super().__init__()
        self._client = HttpClient(url)
        self._who: dict[str, str] = {}

    def write(self, number: int) -> None:
        """Make an item under a key, change it, put it once more as one of a bulk, and delete it."""
        if not self._who:
            token = self._send("POST", "/api/auth/token/", {"username": USER, "password": PASSWORD}, 200)
            self._who = {"Authorization": f"Bearer {token['access']}"}
        sku = uuid.uuid4().hex
        made = self._send("POST", "/api/items/", {"name": "one", "price": "1.00", "sku": sku}, 201)
        path = f"/api/items/{made['id']}/"
        self._send("PATCH", path, {"name": "two"}, 200)
        self._send("POST", "/api/items/bulk/", {"items": [{"sku": sku, "name": "three", "price": "2.00"}]}, 200)
        reply = self._client.request("DELETE", path, self._who)
        assert reply.status == 204, str(reply)
        self.written[sku] = None

    def end(self) -> None:
        """Write no more, and hang up."""
        super().end()
        self._client.close()

    def _send(self, method: str, target: str, value: object, status: int) -> dict[str, object]:
        reply = send(self._client, method, target, value, {**self._who, "Idempotency-Key": uuid.uuid4().hex})
        assert reply.status == status, str(reply)
        answer: dict[str, object] = reply.json()
        return answer


@dataclass
class Scene:
    """The three services on one database, read all the time, and one of them written."""

    owner: psycopg.Connection[tuple[object, ...]]
    loads: dict[str, Load]
    writer: ApiWriter
    processes: dict[str, Process]
    began: float = 0.0
    length: int = 300

    def begin(self) -> None:
        """Look only at what happens from now on."""
        self.began = time.monotonic()
        self.writer.errors.clear()

    def change(self, transaction: str) -> None:
        """Make a change as a migration does: it gives way after a second, and is tried again."""
        statement = transaction.replace("{length}", str(self.length)).encode()

        def made() -> bool:
            try:
                if b"CONCURRENTLY" in statement:
                    self.owner.execute(statement)
                else:
                    with self.owner.transaction():
                        self.owner.execute(statement)
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                return False
            return True

        until(made, what=transaction)

    def went_on(self, reads: int = 7, writes: int = 0) -> None:
        """Wait until every service has answered some more, each target once or more often."""
        start, written = time.monotonic(), len(self.writer.written)

        def enough() -> bool:
            self.check()
            more = [len(load.since(start)) >= reads for load in self.loads.values()]
            return all(more) and len(self.writer.written) >= written + writes

        until(enough, what="readers and writers go on")

    def check(self) -> None:
        """Raise AssertionError when anything went wrong since the test began."""
        for service, load in self.loads.items():
            failed = [outcome for outcome in load.since(self.began) if not outcome.succeeded]
            assert [str(outcome) for outcome in failed] == [], service
        assert self.writer.errors == []


@pytest.fixture(scope="module")
def scene(server: Server, present: Tree, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Everything running, on a database of its own; api-fastapi answers nothing from its cache."""
    with ExitStack() as stack:
        database = stack.enter_context(server.new_database())
        first_user = {"TRIPTYCH_ADMIN_USER": USER, "TRIPTYCH_ADMIN_PASSWORD": PASSWORD, "TRIPTYCH_DEMO_DATA": "on"}
        present.manage("bootstrap", environment=present.bootstrap_environment(server, database) | first_user)
        processes: dict[str, Process] = {}
        for service in COMMANDS:
            folder: Path = tmp_path_factory.mktemp(service)
            more = {"CATEGORY_COUNTS_MAX_AGE_SECONDS": "0", "DATABASE_POOL_SIZE": "16"}  # four exports at once
            processes[service] = stack.enter_context(serving(service, present, server, database, folder, **more))
        for service, process in processes.items():
            until(process.ready, what=f"{service} is ready")
        loads = {
            service: stack.enter_context(
                Load(process.url, READS + (TASKS if service == "simple-flask" else []), rate=30, clients=4)
            )
            for service, process in processes.items()
        }
        writer = stack.enter_context(ApiWriter(processes["admin-django"].url))
        owner = stack.enter_context(server.connect("triptych_owner", database))
        owner.execute("SET lock_timeout = '1s'")  # as config/settings.py has it
        made = Scene(owner, loads, writer, processes)
        made.went_on()
        yield made


@pytest.mark.native
@pytest.mark.parametrize("kind", CHANGES)
def test_nobody_notices(scene: Scene, kind: str) -> None:
    scene.begin()
    for transaction in CHANGES[kind]:
        scene.change(transaction)
        scene.went_on()
    scene.went_on(reads=12, writes=1)
    assert "interrupted" not in scene.processes["api-fastapi"].log.read_text(), "the feed's connection holds too"


ALL = "admin_django, simple_flask, api_fastapi"
# What makes a service unready, and what makes it ready again.
NOT_READY = {
    "the view of the migrations is not granted yet": (
        f"REVOKE SELECT ON applied_migrations FROM {ALL}",
        f"GRANT SELECT ON applied_migrations TO {ALL}",
    ),
    "the schema is not granted yet": (
        f"REVOKE USAGE ON SCHEMA public FROM {ALL}",
        f"GRANT USAGE ON SCHEMA public TO {ALL}",
    ),
    "there is no view of the migrations yet": (
        "ALTER VIEW applied_migrations RENAME TO not_yet",
        "ALTER VIEW not_yet RENAME TO applied_migrations",
    ),
    "the view is another one": (
        "ALTER VIEW applied_migrations RENAME COLUMN name TO title",
        "ALTER VIEW applied_migrations RENAME COLUMN title TO name",
    ),
    "the view fails": (
        "CREATE OR REPLACE VIEW applied_migrations AS"
        " SELECT app, name FROM django_migrations WHERE 1 / (length(app) - length(app)) = 0",
        "CREATE OR REPLACE VIEW applied_migrations AS SELECT app, name FROM django_migrations",
    ),
}


@pytest.mark.native
@pytest.mark.parametrize("state", NOT_READY)
def test_readiness_is_told_as_503_whatever_is_wrong(scene: Scene, state: str) -> None:
    spoil, mend = NOT_READY[state]
    scene.owner.execute(spoil.encode())
    try:
        for process in scene.processes.values():
            with HttpClient(process.url) as client:
                assert_problem(client.get("/readyz"), 503, "unavailable")
    finally:
        scene.owner.execute(mend.encode())
    for service, process in scene.processes.items():
        until(process.ready, what=f"{service} is ready again")


@pytest.mark.native
@pytest.mark.long
def test_nobody_notices_many_changes_in_a_row(scene: Scene) -> None:
    scene.begin()
    for _ in range(10):
        scene.length += 10
        for transactions in CHANGES.values():
            for transaction in transactions:
                scene.change(transaction)
    scene.went_on()
