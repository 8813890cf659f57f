"""From the release before to this one, under load: migrate, then service by service, without one error."""

import time
from contextlib import ExitStack
from itertools import permutations
from pathlib import Path

import pytest

from tests.boundary.databases import Server
from tests.boundary.deployment import Deployment
from tests.boundary.migrations import newer_than
from tests.boundary.processes import COMMANDS, serving
from tests.boundary.release import previous_release, unpack
from tests.boundary.tree import Tree
from tests.boundary.writers import FormWriter, SqlWriter
from tests.http_client import HttpClient
from tests.load import Load
from tests.ready import PREFIXES
from tests.wait import until

TARGETS = [
    "/api/items/1/",
    "/api/items/?limit=5",
    "/api/items/?sort=-updated_at&limit=20",
    "/api/items/?q=form",
    "/api/categories/",
]
USER, PASSWORD = "editor", "a-password-of-some-length"


class Roll:
    """The release before, running under load, and what replaces it."""

    def __init__(self, server: Server, database: str, present: Tree, folder: Path) -> None:
        self.server, self.database, self.present, self.folder = server, database, present, folder
        (folder / "release").mkdir()
        self.release = unpack(previous_release(), folder / "release")
        self.bootstrap(self.release)

    def bootstrap(self, tree: Tree) -> None:
        """Make the database what a release wants it to be."""
        first_user = {"TRIPTYCH_ADMIN_USER": USER, "TRIPTYCH_ADMIN_PASSWORD": PASSWORD, "TRIPTYCH_DEMO_DATA": "on"}
        tree.manage("bootstrap", environment=tree.bootstrap_environment(self.server, self.database) | first_user)

    def __enter__(self) -> "Roll":
        with ExitStack() as stack:
            self.deployment = stack.enter_context(Deployment(self.server, self.database, self.release, self.folder))
            load = self._load_and_writers = stack.enter_context(ExitStack())
            self.writers = [
                load.enter_context(SqlWriter(self.server, self.database)),
                load.enter_context(FormWriter(self.deployment.url, USER, PASSWORD)),
            ]
            self.load = load.enter_context(Load(self.deployment.url, TARGETS, rate=60, clients=8))
            self._under_load = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._under_load.close()

    def go_on(self, reads: int = 60) -> None:
        """Wait until as many more reads were answered, and every writer has written; no error may be among them."""
        start = time.monotonic()
        written = [len(writer.written) for writer in self.writers]

        def went_on() -> bool:
            self.check()
            more = [len(writer.written) > before for writer, before in zip(self.writers, written, strict=True)]
            return len(self.load.since(start)) >= reads and all(more)

        until(went_on, what="readers and writers go on")

    def check(self) -> None:
        """Raise AssertionError when anything went wrong so far."""
        assert [str(failure) for failure in self.load.failures()] == []
        assert [error for writer in self.writers for error in writer.errors] == []

    def finish(self) -> None:
        """Stop reading and writing; all that was acknowledged has to be there, and every framework to tell the same."""
        self._load_and_writers.close()
        self.check()
        with self.server.connect("admin_django", self.database) as database:
            rows = database.execute("SELECT name, price::text FROM items WHERE name ~ '^(rolling|form) '").fetchall()
        written = {name: price for writer in self.writers for name, price in writer.written.items()}
        assert dict(rows) == {name: price for name, price in written.items() if price is not None}
        with HttpClient(self.deployment.url) as client:
            for target in ["/api/items/?limit=200&sort=-id", "/api/categories/"]:
                told = {client.get(f"{prefix}{target}").body for prefix in PREFIXES.values()}
                assert len(told) == 1


@pytest.fixture
def rolling(server: Server, empty: str, present: Tree, tmp_path: Path) -> Roll:
    """The release before on a database of its own, not yet running."""
    return Roll(server, empty, present, tmp_path)


@pytest.mark.native
def test_a_release_rolls_out_without_an_error(rolling: Roll) -> None:
    with rolling:
        rolling.go_on()
        if newer_than(previous_release(), rolling.present):
            (rolling.folder / "early").mkdir()
            early = serving("admin-django", rolling.present, rolling.server, rolling.database, rolling.folder / "early")
            with early as new:
                until(new.lives, what="the new code lives on the old schema")
                assert new.answers("/readyz") == 503
        rolling.bootstrap(rolling.present)
        rolling.go_on()
        with HttpClient(rolling.deployment.url) as client:
            for prefix in PREFIXES.values():
                assert client.get(f"{prefix}/readyz").status == 200, "the old code serves on the new schema"
        for service in COMMANDS:
            rolling.deployment.replace(service, rolling.present)
            rolling.go_on()
        rolling.finish()


@pytest.mark.native
@pytest.mark.long
@pytest.mark.parametrize("order", list(permutations(COMMANDS)), ids="-".join)
def test_services_roll_out_and_back_again_in_any_order(rolling: Roll, order: tuple[str, ...]) -> None:
    with rolling:
        rolling.go_on()
        rolling.bootstrap(rolling.present)
        for tree in (rolling.present, rolling.release, rolling.present):
            for service in order:
                rolling.deployment.replace(service, tree)
                rolling.go_on(reads=300)
        rolling.finish()
