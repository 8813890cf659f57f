"""Each replica of every service is stopped and started again while people read, write and follow: nobody notices."""

import json
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest

from tests.bearer import Bearer, send
from tests.compose.following import Following
from tests.compose.project import Project, free_port
from tests.compose.writing import Writing
from tests.load import Load
from tests.ready import PREFIXES, wait_until_ready
from tests.wait import until
from tests.wire import Wire

KILLED = 137
READS = ("/api/items/", "/api/items/1/", "/api/items/2/", "/api/categories/", "/api/items/?sort=-price&limit=20")


@pytest.fixture(scope="module")
def replicated() -> Iterator[Project]:
    """A system with two replicas of each service."""
    project = Project("triptych-test-replicated", free_port(), free_port())
    project.remove()
    scales = [word for service in PREFIXES for word in ("--scale", f"{service}=2")]
    try:
        project.compose("up", "--build", "--wait", *scales)
        migrate = project.config()["services"]["migrate"]["environment"]
        with pytest.MonkeyPatch.context() as told, Wire(project.url) as gateway:
            told.setenv("TRIPTYCH_ADMIN_USER", migrate["TRIPTYCH_ADMIN_USER"])
            told.setenv("TRIPTYCH_ADMIN_PASSWORD", migrate["TRIPTYCH_ADMIN_PASSWORD"])
            wait_until_ready(gateway, 60)
            yield project
    finally:
        project.remove()


@pytest.fixture
def replicas(replicated: Project) -> Iterator[list[str]]:
    """The two containers of admin-django, which are there again after the test."""
    containers = replicated.compose("ps", "--quiet", "admin-django").stdout.split()
    yield containers
    replicated.compose("up", "--detach", "--no-recreate", "--scale", "admin-django=2", "admin-django")
    for container in containers:
        until(partial(is_healthy, container), 120, f"{container} is ready again")


def state(container: str) -> dict[str, object]:
    command = ["docker", "inspect", "--format", "{{json .State}}", container]
    found: dict[str, object] = json.loads(subprocess.check_output(command, timeout=60))
    return found


def is_healthy(container: str) -> bool:
    health = state(container)["Health"]
    return isinstance(health, dict) and health["Status"] == "healthy"


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


def roll(project: Project) -> list[float]:
    """Restart every replica of every service, one after the other, each within its grace.

    Returns how long each took from being told to stop to its exit, in seconds.
    """
    services = project.config()["services"]

    def one_by_one(service: str) -> list[float]:
        grace = services[service]["stop_grace_period"].removesuffix("s")
        containers = project.compose("ps", "--quiet", service).stdout.split()
        assert len(containers) == 2
        return [restart(container, grace) for container in containers]

    return [seconds for service in PREFIXES for seconds in one_by_one(service)]


def restart(container: str, grace: str) -> float:
    """Stop it and start it again, wait until it is ready, and return how long the stop took, in seconds."""
    begin = time.monotonic()
    subprocess.run(["docker", "stop", "--time", grace, container], check=True, capture_output=True, timeout=120)
    took = time.monotonic() - begin
    assert state(container)["ExitCode"] != KILLED, f"{container} did not end within its grace of {grace} s"
    subprocess.run(["docker", "start", container], check=True, capture_output=True, timeout=120)
    until(partial(is_healthy, container), 120, f"{container} is ready again")
    return took


def hold(project: Project, rounds: int, requests: int, rate: float) -> None:
    """Roll that many times, and go on until so many requests are made.

    No read fails, no write is lost or doubled, and who follows the changes is told of every one.
    """
    with (
        Load(project.url, READS, rate=rate) as load,
        Following(project.url) as following,
        Writing(project.url) as writing,
    ):
        stops = [seconds for _ in range(rounds) for seconds in roll(project)]
        until(lambda: len(load.outcomes) + len(writing.written) >= requests, 3600, f"{requests} requests are made")
        writing.end()
        until(lambda: following.told.issuperset(writing.written), 60, "every change is told")
    assert [str(failure) for failure in load.failures()] == []
    assert writing.refused == []
    assert following.returns >= rounds
    assert following.resyncs == 0
    with psycopg.connect(project.database_url(), autocommit=True) as database:
        rows = database.execute("SELECT name FROM items WHERE starts_with(name, %s)", (writing.mark,)).fetchall()
    assert Counter(name for (name,) in rows) == Counter(writing.written)
    served = Counter(outcome.served_by for outcome in load.outcomes)
    print(f"{len(load.outcomes)} reads ({dict(served)}), {len(writing.written)} writes, {writing.repeats} repeated")
    print(f"{len(stops)} stops, the longest took {max(stops):.1f} s; who follows came back {following.returns} times")
    assert len(writing.written) > 0


@pytest.mark.disruptive
def test_what_could_not_be_sent_goes_to_the_replica_that_is_left(replicated: Project, replicas: list[str]) -> None:
    with Wire(replicated.url) as gateway:
        bearer = Bearer(gateway)
        subprocess.run(["docker", "stop", replicas[0]], check=True, capture_output=True, timeout=120)
        made = send(gateway, "POST", "/api/items/", {"name": "left", "price": "1.00"}, bearer.headers())
        item = f"/api/items/{made.json()['id']}/"
        changed = [send(gateway, "PATCH", item, {"price": f"{price}.00"}, bearer.headers()) for price in range(2, 6)]
        gone = gateway.request("DELETE", item, bearer.headers())
    assert [reply.status for reply in (made, *changed, gone)] == [201, 200, 200, 200, 200, 204]


@pytest.mark.disruptive
def test_what_was_sent_is_not_sent_again(replicated: Project, replicas: list[str]) -> None:
    with Wire(replicated.url) as gateway:
        bearer = Bearer(gateway).headers()
    name = f"once {uuid.uuid4()}"

    def post(number: int) -> int:
        with Wire(replicated.url) as gateway:
            return send(gateway, "POST", "/api/items/", {"name": f"{name} {number}", "price": "1.00"}, bearer).status

    for replica in replicas:
        signal_all(replica, "STOP")
    with ThreadPoolExecutor(10) as at_once:
        replies = [at_once.submit(post, number) for number in range(10)]
        until(lambda: sum(map(unread, replicas)) == 10, 20, "all have been sent")
        subprocess.run(["docker", "kill", replicas[0]], check=True, capture_output=True, timeout=120)
        signal_all(replicas[1], "CONT")
        statuses = Counter(reply.result() for reply in replies)
    with psycopg.connect(replicated.database_url(), autocommit=True) as database:
        found = database.execute("SELECT count(*) FROM items WHERE starts_with(name, %s)", (name,)).fetchone()
    assert set(statuses) == {201, 502}
    assert found == (statuses[201],)


@pytest.mark.disruptive
def test_a_rolling_restart_loses_no_read_and_does_every_write_once(replicated: Project) -> None:
    hold(replicated, rounds=1, requests=0, rate=60)


@pytest.mark.disruptive
@pytest.mark.long
def test_twenty_rolling_restarts_under_a_hundred_thousand_requests(replicated: Project) -> None:
    hold(replicated, rounds=20, requests=100_000, rate=150)
