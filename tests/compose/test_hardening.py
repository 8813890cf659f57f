"""What a container may do, as the engine enforces it and as its processes find it."""

import json
import subprocess

import pytest

from tests.compose.project import ROOT, Project, clean_environment

SERVICES = ["admin-django", "simple-flask", "api-fastapi"]
LONG_RUNNING = ["postgres", *SERVICES, "gateway"]


def test_every_part_is_healthy_and_the_migration_has_ended_well(project: Project) -> None:
    containers = project.containers()
    assert set(containers) == {*LONG_RUNNING, "migrate"}
    for service in LONG_RUNNING:
        assert containers[service]["State"]["Health"]["Status"] == "healthy", service
    assert (containers["migrate"]["State"]["Status"], containers["migrate"]["State"]["ExitCode"]) == ("exited", 0)


def test_only_the_gateways_port_is_published_and_only_to_this_machine() -> None:
    command = ["docker", "compose", "--file", "docker-compose.yml", "config", "--format", "json"]
    services = json.loads(subprocess.check_output(command, cwd=ROOT, env=clean_environment()))["services"]
    published = {
        service: [(port["host_ip"], port["published"]) for port in services[service].get("ports", [])]
        for service in services
    }
    assert published.pop("gateway") == [("127.0.0.1", "8080")]
    assert not any(published.values()), published


def test_the_running_containers_publish_that_and_the_tests_way_to_the_database(project: Project) -> None:
    bindings = {
        service: [binding["HostIp"] for bound in container["HostConfig"]["PortBindings"].values() for binding in bound]
        for service, container in project.containers().items()
        if container["HostConfig"]["PortBindings"]
    }
    assert bindings == {"gateway": ["127.0.0.1"], "postgres": ["127.0.0.1"]}


@pytest.mark.parametrize("service", [*LONG_RUNNING, "migrate"])
def test_a_container_is_made_without_root_capabilities_or_a_writable_root(project: Project, service: str) -> None:
    container = project.containers()[service]
    host = container["HostConfig"]
    assert container["Config"]["User"].split(":")[0] not in ("", "0", "root")
    assert host["ReadonlyRootfs"] and not host["Privileged"]
    assert host["CapDrop"] == ["ALL"] and not host["CapAdd"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["Memory"] > 0 and host["PidsLimit"] > 0


@pytest.mark.parametrize("service", LONG_RUNNING)
def test_a_running_process_has_no_privilege_and_cannot_write_to_its_image(project: Project, service: str) -> None:
    status = dict(line.split(":", 1) for line in project.inside(service, "cat /proc/1/status").splitlines())
    assert "0" not in status["Uid"].split() and "0" not in status["Gid"].split()
    assert {status[name].strip() for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0000000000000000"}
    assert status["NoNewPrivs"].strip() == "1"
    assert "Read-only file system" in project.inside(service, ": > /written", check=False)


@pytest.mark.parametrize("service", [*SERVICES, "gateway"])
def test_an_image_carries_no_compiler_no_tests_and_no_secret(project: Project, service: str) -> None:
    assert project.inside(service, "command -v gcc cc make git; true") == ""
    assert project.inside(service, "find /app -name tests -o -name '.env*'") == ""
    image = project.containers()[service]["Image"]
    described = subprocess.check_output(["docker", "image", "inspect", image], text=True)
    history = subprocess.check_output(["docker", "history", "--no-trunc", image], text=True)
    assert [word for word in ("PASSWORD", "SECRET", "DATABASE_URL", "demo-") if word in described + history] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_environment_of_packages_has_no_installer(project: Project, service: str) -> None:
    assert project.inside(service, "ls /venv/bin | grep -c '^pip' || true").strip() == "0"


def test_the_gateway_cannot_see_the_database(project: Project) -> None:
    assert project.inside("gateway", "getent hosts admin-django").strip()
    assert project.inside("gateway", "getent hosts postgres || echo unknown").strip() == "unknown"
