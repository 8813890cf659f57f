"""The peers: each is known, and one that is missing or different is named."""

import http.server
import os
import threading

import pytest

from bench import compared_pairs, peer_servers
from bench.api_styles import GraphQL, Rest, Triptych
from bench.servers import Target
from bench.workloads import Scene


def test_every_folder_of_a_peer_is_measured() -> None:
    folders = {path.name for path in peer_servers.SOURCES.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {each.folder for each in peer_servers.PEERS}


def test_the_locks_name_no_host_of_a_registry() -> None:
    for lock in ("package-lock.json", "requirements.lock"):
        text = (peer_servers.SOURCES / lock).read_text()
        assert '"resolved"' not in text
        assert "registry" not in text
        assert "--index-url" not in text


def test_without_npm_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(peer_servers.NotInstalledError, match="there is no npm on PATH"):
        peer_servers.fetch_node()


class Different(http.server.BaseHTTPRequestHandler):
    """A server of which every item is another."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "8")
        self.end_headers()
        self.wfile.write(b'{"id":0}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_peer_that_answers_something_else_is_not_measured() -> None:
    scene = Scene(10, ("oak",), {})
    ours = Target("Triptych", int(os.environ["TRIPTYCH_URL"].rpartition(":")[2]), Triptych(), {})
    compared_pairs.same_answers(ours, ours, scene)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Different) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        theirs = Target("another", server.server_port, Rest(), {})
        with pytest.raises(compared_pairs.DifferentError, match="another answers /api/items/1/"):
            compared_pairs.same_answers(ours, theirs, scene)
        server.shutdown()


def test_graphql_answers_are_read_as_the_contract_has_them() -> None:
    body = (
        b'{"data":{"item":{"id":"7","name":"n","description":"d","price":"9.80","sku":null,"category":null,'
        b'"version":"12","created_at":"2026-01-31T12:00:00.123456+00:00","updated_at":"2026-01-31T12:00:00+00:00"}}}'
    )
    item = GraphQL().read(body)
    assert (item["id"], item["version"], item["price"]) == (7, 12, "9.80")
    assert (item["created_at"], item["updated_at"]) == ("2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00Z")
