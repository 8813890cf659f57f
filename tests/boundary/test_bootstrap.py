"""Migrations run once, in their own step, beside services that wait for them or go on serving."""

import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest
from psycopg import sql

from tests.boundary.databases import Server
from tests.boundary.processes import COMMANDS, serving
from tests.boundary.tree import Tree
from tests.wait import until

BOOTSTRAP_LOCK = 0x7472_6970


def test_of_two_bootstraps_at_once_one_migrates_and_the_other_finds_it_done(
    server: Server, empty: str, present: Tree
) -> None:
    first_user = {"TRIPTYCH_ADMIN_PASSWORD": "a-password-of-some-length", "TRIPTYCH_DEMO_DATA": "on"}
    environment = present.bootstrap_environment(server, empty) | first_user
    with ExitStack() as stack:
        both = [stack.enter_context(present.running("bootstrap", environment=environment)) for _ in range(2)]
        outputs = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], "\n".join(outputs)
    assert sorted("Applying catalog.0001_initial" in output for output in outputs) == [False, True]
    assert sorted("No migrations to apply" in output for output in outputs) == [False, True]
    assert sorted("made the admin user admin" in output for output in outputs) == [False, True]


def test_a_bootstrap_that_was_stopped_in_the_demo_loads_it_the_next_time(
    server: Server, copy: str, present: Tree
) -> None:
    environment = present.bootstrap_environment(server, copy) | {"TRIPTYCH_DEMO_DATA": "on"}
    with server.connect("postgres", copy) as another:
        another.execute("BEGIN; LOCK TABLE items IN SHARE ROW EXCLUSIVE MODE")  # the categories go in, no item does
        with present.running("bootstrap", environment=environment) as stopped:
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'items'::regclass"
            until(lambda: another.execute(waiting).fetchone() == (1,), what="an item waits to be written")
            stopped.kill()
        another.execute("ROLLBACK")
        assert "items loaded" in present.manage("bootstrap", environment=environment)
        another.execute("DELETE FROM items")
        another.execute("DELETE FROM categories")
        assert "items loaded" not in present.manage("bootstrap", environment=environment)


def test_a_user_that_is_there_keeps_its_password_and_that_is_said(server: Server, copy: str, present: Tree) -> None:
    def said(password: str) -> str:
        more = {"TRIPTYCH_ADMIN_USER": "first", "TRIPTYCH_ADMIN_PASSWORD": password}
        return present.manage("bootstrap", environment=present.bootstrap_environment(server, copy) | more)

    assert "made the admin user first" in said("a-password-of-some-length")
    assert "keeps its password" not in said("a-password-of-some-length")
    assert "the user first keeps its password" in said("another")


def test_a_bootstrap_does_nothing_while_another_is_at_work(server: Server, empty: str, present: Tree) -> None:
    environment = present.bootstrap_environment(server, empty)
    with ExitStack() as stack:
        another = stack.enter_context(server.connect("postgres", empty))
        another.execute("SELECT pg_advisory_lock(%s)", [BOOTSTRAP_LOCK])
        process = stack.enter_context(present.running("bootstrap", environment=environment))
        waiting = (
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE datname = %s AND NOT granted"
        )
        until(lambda: another.execute(waiting, [empty]).fetchone() == (1,), what="the bootstrap waits")
        assert another.execute("SELECT to_regclass('items')").fetchone() == (None,)
        another.close()
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output


def test_a_bootstrap_gives_up_a_lock_that_is_never_let_go_and_names_who_holds_it(
    server: Server, empty: str, present: Tree
) -> None:
    environment = present.bootstrap_environment(server, empty)
    with server.connect("postgres", empty) as another:
        pid = another.info.backend_pid
        another.execute("SELECT pg_advisory_lock(%s)", [BOOTSTRAP_LOCK])
        with present.running("bootstrap", "--lock-patience", "2", environment=environment) as process:
            output, _ = process.communicate(timeout=60)
    holder = f"the role {server.superuser}, process {pid}"
    assert process.returncode == 1, output
    assert f"waiting for the bootstrap's lock, which is held by {holder}" in output
    assert f"bootstrap stopped: for 2 s, its lock has been held by {holder}" in output
    assert f"pg_terminate_backend({pid})" in output


def test_a_bootstrap_waits_for_a_database_that_is_not_there_yet(server: Server, present: Tree) -> None:
    late = f"boundary_{uuid.uuid4().hex}"
    environment = present.bootstrap_environment(server, late)
    with (
        present.running("bootstrap", environment=environment) as process,
        server.connect("postgres", "postgres") as one,
    ):
        present.read_until(process, "waiting for the database")
        one.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(late)))
        try:
            output, _ = process.communicate(timeout=120)
        finally:
            one.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(late)))
    assert process.returncode == 0, output


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"password": "wrong"}, "password authentication failed"),
        ({"sslmode": "require"}, "server does not support SSL"),
    ],
)
def test_a_bootstrap_that_is_refused_says_so_at_once(
    server: Server, copy: str, present: Tree, change: dict[str, str], reason: str
) -> None:
    environment = present.bootstrap_environment(server, copy)
    parts = urlsplit(environment["SUPERUSER_DATABASE_URL"])
    query = f"sslmode={change['sslmode']}" if "sslmode" in change else ""
    place = f"{parts.username}:{change.get('password', parts.password)}@{parts.hostname}:{parts.port}"
    environment["SUPERUSER_DATABASE_URL"] = parts._replace(netloc=place, query=query).geturl()
    with present.running("bootstrap", environment=environment) as process:
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert reason in output and "waiting for the database" not in output


@pytest.mark.parametrize(("app", "name"), [("catalog", "9999_later"), ("another", "0001_initial")])
def test_a_bootstrap_leaves_alone_what_a_later_release_has_made(
    server: Server, copy: str, present: Tree, app: str, name: str
) -> None:
    with server.connect("triptych_owner", copy) as later:
        later.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", [app, name])
        later.execute("GRANT SELECT ON item_history TO api_fastapi")
        output = present.bootstrap(server, copy)
        kept = later.execute("SELECT has_table_privilege('api_fastapi', 'item_history', 'SELECT')").fetchone()
    assert f"a later release has migrated the database, {app}.{name}" in output
    assert kept == (True,)


def test_a_bootstrap_is_not_stopped_by_what_somebody_else_keeps_in_the_schema(
    server: Server, copy: str, present: Tree
) -> None:
    with server.connect("postgres", copy) as superuser:
        superuser.execute("CREATE FUNCTION public.another() RETURNS int LANGUAGE sql RETURN 1")
        superuser.execute("REVOKE ALL ON FUNCTION public.another() FROM PUBLIC")
    present.bootstrap(server, copy)


def test_a_migration_that_must_wait_gives_way_to_those_who_work(server: Server, empty: str, present: Tree) -> None:
    with server.connect("postgres", empty) as superuser:
        superuser.execute("ALTER SCHEMA public OWNER TO triptych_owner")
    environment = present.bootstrap_environment(server, empty)
    present.manage("migrate", "catalog", "0001_initial", "--database=owner", environment=environment)
    waits: list[float] = []
    over = Event()

    def write() -> None:
        with server.connect("triptych_owner", empty) as writer:
            while not over.is_set():
                began = time.monotonic()
                with writer.transaction():
                    writer.execute("LOCK TABLE items IN ROW EXCLUSIVE MODE")  # as every write of an item does
                waits.append(time.monotonic() - began)

    with server.connect("triptych_owner", empty) as slow, ExitStack() as stack:
        slow.execute("BEGIN; LOCK TABLE items IN ROW EXCLUSIVE MODE")
        writer = Thread(target=write)
        stack.callback(writer.join)
        stack.callback(over.set)
        writer.start()
        process = stack.enter_context(present.running("bootstrap", environment=environment))
        present.read_until(process, "gives way")
        slow.execute("ROLLBACK")
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
    assert 0.5 < max(waits) < 4, "writers wait behind the migration, but not until their own time-out of 5 s"


def test_services_wait_for_the_migrations_and_are_ready_after_them_without_a_restart(
    server: Server, empty: str, present: Tree, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        services = [stack.enter_context(serving(each, present, server, empty, tmp_path)) for each in COMMANDS]
        for service in services:
            until(service.lives, what=f"{service.log.stem} lives")
            assert (service.log.stem, service.answers("/readyz")) == (service.log.stem, 503)
        present.bootstrap(server, empty)
        for service in services:
            until(service.ready, what=f"{service.log.stem} is ready")
            assert service.answers("/api/items/") == 200
