"""A container that is made anew has another address; the gateway finds it by itself."""

import subprocess
from functools import partial
from ipaddress import ip_address

import pytest

from tests.compose.project import Project
from tests.http_client import HttpClient
from tests.ready import PREFIXES
from tests.wait import until

FOUND_WITHIN = 5.0


def address(project: Project, service: str) -> str:
    """Return the container's address in the gateway's network."""
    networks = project.containers()[service]["NetworkSettings"]["Networks"]
    found: str = networks[f"{project.name}_gateway"]["IPAddress"]
    return found


def answers(client: HttpClient, prefix: str, service: str) -> bool:
    """Tell whether a read, pinned to a framework by the prefix, is answered by this service."""
    reply = client.get(f"{prefix}/api/items/?limit=1")
    return reply.status == 200 and reply.header("X-Served-By") == service


@pytest.mark.disruptive
def test_two_services_that_swapped_their_addresses_are_not_confused(project: Project, gateway: HttpClient) -> None:
    before = {service: address(project, service) for service in ("simple-flask", "api-fastapi")}
    project.compose("rm", "--stop", "--force", *before)
    # the engine gives the lowest free address to whoever comes first: the one that had the higher
    for service in sorted(before, key=lambda name: ip_address(before[name]), reverse=True):
        project.compose("up", "--detach", "--no-deps", "--wait", service)
    assert all(address(project, service) != before[service] for service in before)

    for service in before:
        until(partial(answers, gateway, PREFIXES[service], service), f"the gateway finds {service}", FOUND_WITHIN)


@pytest.mark.disruptive
@pytest.mark.parametrize("service", PREFIXES)
def test_a_service_made_anew_is_found_and_no_read_fails_meanwhile(
    project: Project, gateway: HttpClient, service: str
) -> None:
    command = ["docker", "compose", "up", "--detach", "--no-deps", "--force-recreate", "--wait", service]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=project.environment(), stdout=quiet, stderr=quiet) as recreation:
        failed = []
        while recreation.poll() is None:
            reply = gateway.get("/api/items/?limit=1", {"Cache-Control": "no-cache"})
            if reply.status != 200:
                failed.append(str(reply))
    assert recreation.returncode == 0
    assert failed == []
    until(partial(answers, gateway, PREFIXES[service], service), f"the gateway finds {service}", FOUND_WITHIN)


@pytest.mark.disruptive
@pytest.mark.parametrize("service", ["postgres", "gateway"])
def test_after_the_database_or_the_gateway_is_made_anew_every_framework_answers(
    project: Project, gateway: HttpClient, service: str
) -> None:
    project.compose("up", "--detach", "--no-deps", "--force-recreate", "--wait", service)
    for name, prefix in PREFIXES.items():
        until(partial(answers, gateway, prefix, name), f"{name} answers", FOUND_WITHIN)
