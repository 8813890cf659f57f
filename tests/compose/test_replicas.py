"""Of two replicas of a service one dies, or both stop: what the gateway asks the other, and what it does not."""

import http.client
import json
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
import pytest

from tests.bearer import Bearer, send
from tests.compose.containers import is_healthy
from tests.compose.project import Project
from tests.compose.writing import Writing
from tests.http_client import HttpClient
from tests.load import Load
from tests.ready import PREFIXES
from tests.threads import Threads
from tests.wait import until

READS = (
    "/api/items/", "/api/items/1/", "/api/items/?sort=-price&limit=20", "/api/categories/", "/api/auth/jwks.json",
    "/flask/api/items/1/", "/django/api/items/?limit=3", "/fastapi/api/items/2/", "/admin/login/",
)  # fmt: skip
QUOTE = {"lines": [{"item": 1, "quantity": 3}]}


class Quoting(Threads):
    """While it is entered, each client asks for a quote every `pause` seconds; what was not answered well is kept."""

    def __init__(self, url: str, clients: int = 4, pause: float = 0.1) -> None:
        super().__init__(*[self._ask] * clients)
        self.good = 0
        self.failed: list[str] = []
        self._url = url
        self._pause = pause

    def _ask(self) -> None:
        with HttpClient(self._url) as gateway:
            while not self.over.wait(self._pause):
                try:
                    reply = send(gateway, "POST", "/api/tasks/quotes/", QUOTE)
                except (OSError, http.client.HTTPException) as error:
                    self.failed.append(repr(error))
                else:
                    if reply.status == 200:
                        self.good += 1
                    else:
                        self.failed.append(str(reply))


@pytest.fixture
def replicas(replicated: Project) -> Iterator[list[str]]:
    """The two containers of admin-django, which are there again after the test."""
    containers = replicated.compose("ps", "--quiet", "admin-django").stdout.split()
    yield containers
    replicated.compose("up", "--detach", "--no-recreate", "--scale", "admin-django=2", "admin-django")
    for container in containers:
        until(partial(is_healthy, container), f"{container} is ready again")


def signal_all(container: str, name: str) -> None:
    """Send the signal to gunicorn's master and worker, but not to what watches over them."""
    script = (
        f'for each in /proc/[0-9]*; do [ "$(cat $each/comm)" = gunicorn ] && kill -{name} ${{each#/proc/}}; done; :'
    )
    subprocess.run(["docker", "exec", container, "sh", "-c", script], check=True, capture_output=True, timeout=60)


def unread(container: str) -> int:
    """Return how many connections from other hosts have brought what the service has not read."""
    table = subprocess.check_output(["docker", "exec", container, "cat", "/proc/net/tcp"], text=True, timeout=60)
    rows = [line.split() for line in table.splitlines()[1:]]
    port, loopback, established = ":1F40", "0100007F:", "01"
    return sum(
        row[1].endswith(port) and not row[2].startswith(loopback) and row[3] == established and row[4][9:] != "00000000"
        for row in rows
    )


def kill(container: str) -> None:
    """End it with SIGKILL, start it again, and wait until it is ready."""
    subprocess.run(["docker", "kill", container], check=True, capture_output=True, timeout=120)
    subprocess.run(["docker", "start", container], check=True, capture_output=True, timeout=120)
    until(partial(is_healthy, container), f"{container} is ready again")


def logged(project: Project, mark: str) -> list[dict[str, Any]]:
    """Return the lines of the gateway's access log since the request for `mark`, which is made now and waited for."""
    with HttpClient(project.url) as gateway:
        gateway.get(f"/livez?end-of-{mark}")

    [container] = project.compose("ps", "--quiet", "gateway").stdout.split()

    def lines() -> list[dict[str, Any]]:
        log = subprocess.check_output(["docker", "logs", container], text=True, stderr=subprocess.DEVNULL, timeout=60)
        entries = [json.loads(line) for line in log.splitlines()]
        uris = [entry["uri"] for entry in entries]
        if f"/livez?end-of-{mark}" not in uris:
            return []
        return entries[uris.index(f"/livez?begin-of-{mark}") :]

    return until(lines, "the log is written")


@pytest.mark.disruptive
def test_one_replica_answers_for_another_that_is_killed(replicated: Project) -> None:
    mark = uuid.uuid4().hex
    with HttpClient(replicated.url) as gateway:
        gateway.get(f"/livez?begin-of-{mark}")
    began = time.monotonic()
    with (
        Load(replicated.url, READS, rate=150) as load,
        Quoting(replicated.url) as quoting,
        Writing(replicated.url, pause=0.1) as writing,
    ):
        for service in PREFIXES:
            for container in replicated.compose("ps", "--quiet", service).stdout.split():
                kill(container)
        writing.end()
    seconds = time.monotonic() - began
    assert [str(failure) for failure in load.failures()] == []
    assert quoting.failed == []
    assert writing.refused == []
    failed = [entry for entry in logged(replicated, mark) if entry["status"] >= 500]
    unsent = [entry for entry in failed if set(entry["upstream_sent"].split(", ")) <= {"0", "", "-"}]
    assert unsent == []
    with psycopg.connect(replicated.database_url(), autocommit=True) as database:
        rows = database.execute("SELECT name FROM items WHERE starts_with(name, %s)", (writing.mark,)).fetchall()
    assert Counter(name for (name,) in rows) == Counter(writing.written)
    done = len(load.outcomes) + quoting.good + len(writing.written)
    print(f"{done / seconds:.0f} requests/s: {len(load.outcomes)} reads, {quoting.good} quotes, {len(writing.written)}")
    print(f"writes, {writing.repeats} repeated; {len(failed)} failed at the gateway, all of them sent")


@pytest.mark.disruptive
def test_what_could_not_be_sent_goes_to_the_replica_that_is_left(replicated: Project, replicas: list[str]) -> None:
    with HttpClient(replicated.url) as gateway:
        bearer = Bearer(gateway)
        subprocess.run(["docker", "stop", replicas[0]], check=True, capture_output=True, timeout=120)
        made = send(gateway, "POST", "/api/items/", {"name": "left", "price": "1.00"}, bearer.headers())
        item = f"/api/items/{made.json()['id']}/"
        changed = [send(gateway, "PATCH", item, {"price": f"{price}.00"}, bearer.headers()) for price in range(2, 6)]
        gone = gateway.request("DELETE", item, bearer.headers())
    assert [reply.status for reply in (made, *changed, gone)] == [201, 200, 200, 200, 200, 204]


@pytest.mark.disruptive
def test_what_was_sent_is_not_sent_again(replicated: Project, replicas: list[str]) -> None:
    with HttpClient(replicated.url) as gateway:
        bearer = Bearer(gateway).headers()
    name = f"once {uuid.uuid4()}"

    def post(number: int) -> int:
        with HttpClient(replicated.url) as gateway:
            return send(gateway, "POST", "/api/items/", {"name": f"{name} {number}", "price": "1.00"}, bearer).status

    for replica in replicas:
        signal_all(replica, "STOP")
    with ThreadPoolExecutor(10) as at_once:
        replies = [at_once.submit(post, number) for number in range(10)]
        until(lambda: sum(map(unread, replicas)) == 10, "all have been sent")
        subprocess.run(["docker", "kill", replicas[0]], check=True, capture_output=True, timeout=120)
        signal_all(replicas[1], "CONT")
        statuses = Counter(reply.result() for reply in replies)
    with psycopg.connect(replicated.database_url(), autocommit=True) as database:
        found = database.execute("SELECT count(*) FROM items WHERE starts_with(name, %s)", (name,)).fetchone()
    assert set(statuses) == {201, 502}
    assert found == (statuses[201],)
