"""What the machine brings along does not get in: variables of the shell, homes that are none, connections refused."""

import os
import subprocess
from pathlib import Path

import psycopg
import pytest

from stack import inherited, orphans, packages, topology
from stack.layout import ROOT, SHARED_TOOLS, Layout
from stack.tests.conftest import Stack

ODD = {
    "PGSSLMODE": "require", "PGHOST": "elsewhere.example", "PGPORT": "1", "PGUSER": "somebody", "PGPASSWORD": "x",
    "PGSERVICE": "none", "PGOPTIONS": "-c search_path=nowhere", "PGTARGETSESSIONATTRS": "standby", "PGTZ": "Mars/Base",
    "PYTHONPATH": "/nowhere", "PYTHONHOME": "/nowhere", "PYTHONSTARTUP": "/nowhere.py", "PYTHONWARNINGS": "error",
    "PYTHONOPTIMIZE": "2", "VIRTUAL_ENV": "/nowhere", "PIP_REQUIRE_VIRTUALENV": "1", "PIP_TARGET": "/nowhere",
    "PIP_USER": "1", "PIP_NO_BINARY": ":all:", "UV_OFFLINE": "1", "UV_PYTHON": "2.7", "UV_TARGET": "/nowhere",
    "GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/nowhere", "NODE_OPTIONS": "--inspect", "DJANGO_SETTINGS_MODULE": "no",
    "DATABASE_URL": "postgresql://a:b@elsewhere.example/c", "FLASK_DEBUG": "1", "FLASK_APP": "no.such", "PORT": "1",
    "GUNICORN_CMD_ARGS": "--bind 0.0.0.0:1", "UVICORN_PORT": "1", "WEB_CONCURRENCY": "7", "BIND": "0.0.0.0:1",
    "MAKEFLAGS": "-e -k", "PYTHON": "/nowhere/python", "COUNT": "many", "ARGS": "--no-such", "CDPATH": "/tmp:/",
    "IFS": "/", "TMPDIR": "/nowhere", "LC_ALL": "xx_YY.ISO-8859-15", "LANGUAGE": "tlh", "TZ": "Mars/Base",
    "BASH_ENV": "/nowhere", "LD_LIBRARY_PATH": "/nowhere", "SUPERVISOR_SERVER_URL": "unix:///nowhere", "run": "false",
    "PYTEST_ADDOPTS": "--no-such", "MYPYPATH": "/nowhere", "RUFF_NO_CACHE": "perhaps", "HOME": "/dev/null/home",
    "HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "socks5://127.0.0.1:9",
}  # fmt: skip
GIVEN = {"HOME", "DATABASE_URL", "BIND", "PYTHONPATH", "SUPERVISOR_SERVER_URL"}  # with values of our own


def test_no_variable_of_an_odd_shell_reaches_a_process_and_no_demo_is_no_demo(empty_stack: Stack) -> None:
    own = {"TRIPTYCH_HOME": str(empty_stack.home), "TRIPTYCH_PORT": str(empty_stack.port), "TRIPTYCH_DEMO_DATA": "off"}
    said = subprocess.run(
        ["make", "up"], cwd=ROOT, env={**os.environ, **ODD, **own}, text=True, capture_output=True, timeout=180
    )
    assert said.returncode == 0, said.stdout + said.stderr
    processes = orphans.find(Layout(empty_stack.home))
    assert len(processes) >= 10
    for process in processes:
        there = process.environ().items()
        name = process.cmdline()
        assert [each for each in there if each in ODD.items()] == [], name
        assert {each for each, _ in there} & (set(ODD) - GIVEN) == set(), name
    with psycopg.connect(empty_stack.told()["TRIPTYCH_DATABASE_URL"]) as connection:
        counted = connection.execute(
            "SELECT (SELECT count(*) FROM items), (SELECT count(*) FROM categories)"
        ).fetchone()
    assert counted == (0, 0)


@pytest.mark.parametrize("target", ["status", "help", "seed"])
def test_an_odd_shell_does_not_change_what_make_does(stack: Stack, target: str) -> None:
    own = {"TRIPTYCH_HOME": str(stack.home), "TRIPTYCH_PORT": str(stack.port)}
    done = subprocess.run(
        ["make", target, *(["COUNT=3"] if target == "seed" else [])],
        cwd=ROOT, env={**os.environ, **ODD, **own}, text=True, capture_output=True, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_tests_and_tools_inherit_is_named() -> None:
    kept = inherited.environment({**os.environ, **ODD})
    assert {name for name in ODD if name in kept} == {"HOME", "HTTP_PROXY", "http_proxy", "ALL_PROXY"}
    assert kept["HOME"] == str(SHARED_TOOLS / "home")
    assert topology.SETTINGS.isdisjoint(inherited.without_settings(dict.fromkeys(topology.SETTINGS, "x")))


def test_a_database_that_refuses_is_not_waited_for(stopped_stack: Stack) -> None:
    rules = stopped_stack.layout.postgres.resolve() / "data" / "pg_hba.conf"
    before = rules.read_text(encoding="utf-8")
    rules.write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n", encoding="utf-8")
    try:
        status, said = stopped_stack.run("up")
    finally:
        rules.write_text(before, encoding="utf-8")
    assert status == 1
    assert "refuses the connection" in said and "no pg_hba.conf entry" in said
    assert "still waiting" not in said


def test_a_dead_proxy_is_named_instead_of_a_missing_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://me:secret@127.0.0.1:9")
    monkeypatch.setattr(packages, "SYSTEM_LISTS", tmp_path)
    with pytest.raises(packages.Unavailable) as raised:
        packages.unpack("no-such-package", "usr/bin/no-such-program")
    said = str(raised.value)
    assert "cannot be reached: check the proxy" in said and "127.0.0.1:9" in said
    assert "Unable to locate" not in said and "secret" not in said
