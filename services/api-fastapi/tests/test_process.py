"""The process: settings, signals, connections."""

import os
import signal
import socket
import subprocess
import sys

import pytest
from api_fastapi.settings import Settings
from triptych_shared.settings import SettingsError

from tests.running import FOLDER, running


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://a:b@c:1/d"),
        ("BIND", "8000"),
        ("BIND", ":8000"),
        ("BIND", "127.0.0.1:65536"),
        ("DATABASE_POOL_SIZE", "0"),
        ("DATABASE_STATEMENT_TIMEOUT_MS", "soon"),
        ("CATEGORY_COUNTS_MAX_AGE_SECONDS", "61"),
        ("CACHE_MEMORY_MB", "-1"),
        ("FEED_POLL_MS", "4"),
        ("EVENT_LISTENERS_MAX", "-1"),
        ("READ_DATABASE_URL", "standby:5432"),
        ("READ_DATABASE_URL", "postgresql://a:b@c:1,d:2/e?port=1,2,3"),
        ("READ_DATABASE_POOL_SIZE", "1"),
        ("READ_MAX_LAG_MS", "2000"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, database_url: str, name: str, value: str) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{name}"):
        Settings.from_environment()


def test_with_a_wrong_setting_nothing_starts_and_one_line_says_why(database_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api_fastapi"],
        cwd=FOLDER,
        env={**os.environ, "DATABASE_URL": database_url, "BIND": "8000"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (1, "api-fastapi: BIND='8000' is not of the form host:port\n")


def test_sigterm_ends_it_at_once_also_with_idle_connections(database_url: str) -> None:
    with running(database_url) as service, socket.create_connection(("127.0.0.1", service.port)) as idle:
        idle.sendall(b"GET /api/categories/ HTTP/1.1\r\nHost: test\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=30) in (0, -signal.SIGTERM)


def test_head_and_body_leave_in_one_piece(database_url: str) -> None:
    # a server that is killed between the two leaves a truncated answer, which the gateway cannot ask for again
    with running(database_url) as service, socket.create_connection(("127.0.0.1", service.port)) as connection:
        for _ in range(50):
            connection.sendall(b"GET /api/items/?limit=2 HTTP/1.1\r\nHost: test\r\n\r\n")
            answer = connection.recv(1 << 20)
            head, _, body = answer.partition(b"\r\n\r\n")
            assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
            assert body
