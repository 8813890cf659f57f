"""Each replica of every service is stopped and started again while people read, write and follow: nobody notices."""

import subprocess
import time
from collections import Counter
from functools import partial

import psycopg
import pytest

from tests.compose.containers import is_healthy, state
from tests.compose.following import Following
from tests.compose.project import Project
from tests.compose.writing import Writing
from tests.load import Load
from tests.ready import PREFIXES
from tests.wait import until

KILLED = 137
READS = ("/api/items/", "/api/items/1/", "/api/items/2/", "/api/categories/", "/api/items/?sort=-price&limit=20")


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
    until(partial(is_healthy, container), f"{container} is ready again")
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
        until(lambda: len(load.outcomes) + len(writing.written) >= requests, f"{requests} requests are made", 3600)
        writing.end()
        until(lambda: following.told.issuperset(writing.written), "every change is told")
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
def test_a_rolling_restart_loses_no_read_and_does_every_write_once(replicated: Project) -> None:
    hold(replicated, rounds=1, requests=0, rate=60)


@pytest.mark.disruptive
@pytest.mark.long
def test_twenty_rolling_restarts_under_a_hundred_thousand_requests(replicated: Project) -> None:
    hold(replicated, rounds=20, requests=100_000, rate=150)
