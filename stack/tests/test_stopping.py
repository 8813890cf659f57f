"""However the stack ends, nothing of it is left behind, and it can be raised again."""

import signal
import socket
import stat
from pathlib import Path

import psutil
import pytest

from stack.down import remove
from stack.exec_wrapper import alive
from stack.layout import Layout
from stack.tests.conftest import Stack


def test_down_leaves_nothing_behind(stack: Stack) -> None:
    processes = [psutil.Process(pid) for row in stack.status().values() for pid in row["pids"]]
    assert len(processes) >= 10
    stack.down()
    stack.assert_nothing_is_left()
    assert [process for process in processes if alive(process)] == []


def test_status_and_down_say_that_nothing_runs(stopped_stack: Stack) -> None:
    status, said = stopped_stack.run("status")
    assert (status, "Nothing runs" in said) == (3, True)
    assert "Nothing runs" in stopped_stack.down()


def test_the_data_is_removed_on_request_and_nothing_else(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    (tmp_path / "letter.txt").write_text("not ours")
    home.postgres.mkdir()
    remove(home)
    assert home.postgres.is_dir(), "a folder that is no stack's home is left alone"
    home.credentials.write_text("{}")
    remove(home)
    assert not home.postgres.exists() and not home.credentials.exists()
    assert (tmp_path / "letter.txt").exists()


def test_down_ends_what_a_killed_supervisord_left(stack: Stack) -> None:
    psutil.Process(stack.status()["supervisord"]["pid"]).kill()
    stack.down()
    stack.assert_nothing_is_left()


def test_up_ends_what_a_killed_supervisord_left_and_works(stack: Stack) -> None:
    before = stack.status()
    psutil.Process(before["supervisord"]["pid"]).kill()
    said = stack.up()
    assert "did not end properly" in said
    after = stack.status()
    assert {row["state"] for row in after.values()} <= {"ready", "running"}
    assert {row["pid"] for row in before.values()}.isdisjoint(row["pid"] for row in after.values())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_up_that_is_interrupted_leaves_nothing_behind(stopped_stack: Stack, how: signal.Signals) -> None:
    with stopped_stack.start("up") as raising:
        assert raising.stdout is not None
        assert any(line.startswith("  postgres") for line in raising.stdout)
        # meanwhile the home is taken
        status, said = stopped_stack.run("up")
        assert (status, "`make up` is at work" in said) == (1, True), said
        raising.send_signal(how)
        assert raising.wait(60) == 130
    stopped_stack.assert_nothing_is_left()


def test_secrets_are_for_this_user_only_and_outlive_the_processes(stopped_stack: Stack) -> None:
    layout = stopped_stack.layout
    before = layout.credentials.read_bytes()
    said = stopped_stack.up()
    assert layout.credentials.read_bytes() == before
    assert "password" not in said
    secret = [layout.credentials, layout.running, *layout.run.glob("*.json")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}


def test_a_service_that_cannot_start_is_shown_and_all_is_taken_down(stopped_stack: Stack) -> None:
    status, said = stopped_stack.run("up", GATEWAY_RATE_LIMIT="many")
    assert status == 1
    assert "gateway ended instead of becoming ready" in said
    assert "GATEWAY_RATE_LIMIT must be" in said
    stopped_stack.assert_nothing_is_left()


def test_a_failing_bootstrap_is_shown_and_nothing_else_is_started(stopped_stack: Stack) -> None:
    status, said = stopped_stack.run("up", LOG_LEVEL="LOUD")
    assert status == 1
    assert "bootstrap failed" in said and "LOG_LEVEL" in said
    assert "gateway" not in said and "ready" not in said.partition("postgres       ready")[2]
    stopped_stack.assert_nothing_is_left()


def test_a_taken_port_is_named_with_who_holds_it_and_what_to_do(empty_stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", empty_stack.port + 1)):
        status, said = empty_stack.run("up")
    assert status == 1
    assert f"Port {empty_stack.port + 1} (admin-django) is taken by" in said
    assert "TRIPTYCH_PORT=" in said
    empty_stack.assert_nothing_is_left()


def test_data_of_another_postgres_is_refused_and_left_alone(empty_stack: Stack) -> None:
    version = empty_stack.home / "postgres" / "data" / "PG_VERSION"
    version.parent.mkdir(parents=True)
    version.write_text("17\n")
    status, said = empty_stack.run("up")
    assert status == 1
    assert "made by PostgreSQL 17, this is PostgreSQL 18" in said
    assert version.read_text() == "17\n"
