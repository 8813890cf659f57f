"""What a person sees of a stack that runs."""

import re

import psutil
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from stack import credentials, environment
from stack.exec_wrapper import alive
from stack.layout import ROOT
from stack.tests.conftest import Stack
from tests.wait import until

PROCESSES = ["postgres", "admin-django", "simple-flask", "api-fastapi", "gateway", "supervisord"]


def test_second_up_says_that_it_already_runs(stack: Stack) -> None:
    before = stack.status()["gateway"]["pid"]
    said = stack.up()
    assert f"already runs at http://localhost:{stack.port}/" in said
    assert stack.status()["gateway"]["pid"] == before


def test_second_up_says_what_it_would_start_instead(stack: Stack) -> None:
    status, said = stack.run("up", TRIPTYCH_PORT="9", LOG_LEVEL="DEBUG", DJANGO_SECRET_KEY="another")
    assert status == 0 and f"already runs at http://localhost:{stack.port}/" in said
    assert f"TRIPTYCH_PORT is `9`; it runs with `{stack.port}`" in said
    assert "LOG_LEVEL is `DEBUG`; it runs with its default" in said
    assert "DJANGO_SECRET_KEY is another; it runs with its default" in said
    assert "the code has changed" not in said
    assert "differs" not in stack.up()


def test_second_up_says_whose_code_has_changed(stack: Stack) -> None:
    template = ROOT / "gateway" / "www" / "favicon.svg"
    before = template.read_bytes()
    try:
        template.write_bytes(before + b"\n")
        assert "the code has changed since: gateway" in stack.up()
    finally:
        template.write_bytes(before)


def test_another_password_for_the_user_that_is_there_is_said_and_env_tells_the_right_one(stopped_stack: Stack) -> None:
    before = credentials.load(stopped_stack.layout.credentials).admin_password
    status, said = stopped_stack.run("up", TRIPTYCH_ADMIN_PASSWORD="another-of-some-length")
    assert status == 0
    assert "the user admin keeps its password" in said and "changepassword admin" in said
    assert stopped_stack.told()["TRIPTYCH_ADMIN_PASSWORD"] == before
    change = "from django.contrib.auth.models import User as U; u = U.objects.get(); u.set_password('new'); u.save()"
    status, said = stopped_stack.run("exec", "admin-django", "python", "manage.py", "shell", "-c", change)
    assert status == 0, said
    assert stopped_stack.told()["TRIPTYCH_ADMIN_PASSWORD"] == ""
    assert "The password of admin is not known here" in stopped_stack.run("env")[1]


def test_status_shows_every_process_with_what_it_takes(stack: Stack) -> None:
    rows = stack.status()
    assert list(rows) == PROCESSES
    for name, row in rows.items():
        assert row["state"] in ("ready", "running"), row
        assert psutil.pid_exists(row["pid"]) and row["pid"] in row["pids"]
        assert row["uptime_s"] >= 0 and row["pss_bytes"] > 0, name
    assert [rows[name]["port"] for name in ("gateway", "admin-django", "simple-flask", "api-fastapi", "postgres")] == [
        stack.port + offset for offset in range(5)
    ]


def test_status_as_a_table_ends_with_the_total_and_the_url(stack: Stack) -> None:
    status, said = stack.run("status")
    assert status == 0
    assert [line.split()[0] for line in said.splitlines() if line][1:-1] == [*PROCESSES, "total"]
    assert re.search(r"total .* \d+\.\d MB", said)
    assert said.rstrip().endswith(f"http://localhost:{stack.port}/")


def test_the_idle_system_takes_at_most_400_mb(stack: Stack) -> None:
    assert sum(row["pss_bytes"] for row in stack.status().values()) <= 400e6


@pytest.mark.parametrize("name", ["gateway", "api-fastapi", "admin-django", "postgres"])
def test_a_killed_process_is_started_again_and_that_is_shown(stack: Stack, name: str) -> None:
    before = stack.status()[name]
    family = [psutil.Process(pid) for pid in before["pids"]]
    family[0].kill()

    def is_back() -> bool:
        row = stack.status()[name]
        # a worker of nginx that outlived its master would keep the port, and answer for the new one
        orphans = [process for process in family if alive(process)]
        return not orphans and bool(row["restarts"] > before["restarts"] and row["state"] == before["state"])

    until(is_back, what=f"{name} runs again, and status says that it was restarted")


def test_env_tells_how_to_connect_and_every_role_needs_its_password(stack: Stack) -> None:
    told = environment.told(stack.layout)
    for name in ("", "OWNER_", "SUPERUSER_", "SIMPLE_FLASK_", "API_FASTAPI_"):
        url = told[f"TRIPTYCH_{name}DATABASE_URL"]
        with psycopg.connect(url) as connection:
            assert connection.execute("select current_database()").fetchone() == ("triptych",)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(make_conninfo(url, password="another"))


def test_the_database_listens_on_the_loopback_only_and_has_checksums(stack: Stack) -> None:
    with psycopg.connect(environment.told(stack.layout)["TRIPTYCH_SUPERUSER_DATABASE_URL"]) as connection:
        shown = {name: connection.execute(f"show {name}").fetchone() for name in ("listen_addresses", "data_checksums")}
        methods = connection.execute("select distinct auth_method from pg_hba_file_rules").fetchall()
    assert shown == {"listen_addresses": ("127.0.0.1",), "data_checksums": ("on",)}
    assert methods == [("scram-sha-256",)]


def test_exec_runs_a_command_in_the_services_folder_and_environment(stack: Stack) -> None:
    status, said = stack.run("exec", "simple-flask", "sh", "-c", 'echo "$PWD $BIND"')
    assert status == 0
    assert said.strip().endswith(f"services/simple-flask 127.0.0.1:{stack.port + 2}")


def test_exec_names_the_services_when_there_is_no_such(stack: Stack) -> None:
    status, said = stack.run("exec", "flask", "true")
    assert status == 1
    assert "admin-django, api-fastapi, gateway, simple-flask" in said


def test_logs_follow_every_process_with_its_name_in_front(stack: Stack) -> None:
    missing = {"postgres", "admin-django", "gateway", "supervisord"}
    with stack.start("logs") as following:
        assert following.stdout is not None
        while missing:
            line = following.stdout.readline()
            assert line, f"the end of the logs, without {missing}"
            missing.discard(line.partition("|")[0].strip())
        # what is logged from now on comes too
        psutil.Process(stack.status()["api-fastapi"]["pid"]).terminate()
        while "exited: api-fastapi" not in following.stdout.readline():
            assert following.poll() is None
        following.terminate()


def test_logs_name_the_services_when_there_is_no_such(stack: Stack) -> None:
    status, said = stack.run("logs", "flask")
    assert status == 1
    assert "simple-flask" in said
