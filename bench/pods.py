"""What the pods of k8s/overlays/local take, idle and under load: `python -m bench.pods`. docs/scaling.md has the table.

Needs Docker with the images of `docker compose build`, and wrk. The containers are started from the rendered manifests
as tests/compose does it; each service is asked directly by 32 connections for items at random, the gateway for one that
it keeps. Memory is what the kernel counts for the container's group without the files it could drop; the processor time
is measured over the window, so that a busy machine makes it smaller and never larger.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from k8s.commands import kustomize
from tests.compose.pods import Pods, docker
from tests.wait import until

SERVICES = ("admin-django", "simple-flask", "api-fastapi")
PODS = ("gateway", *SERVICES, "postgres")
SCRIPT = 'request = function() return wrk.format("GET", "/api/items/" .. math.random(1, {items}) .. "/") end\n'
MEMORY = """
cd /sys/fs/cgroup
if [ -d memory ]; then cat memory/memory.usage_in_bytes; awk '$1 == "total_inactive_file" {print $2}' memory/memory.stat
else cat memory.current; awk '$1 == "inactive_file" {print $2}' memory.stat; fi
"""
CPU = """
cd /sys/fs/cgroup
if [ -d cpuacct ]; then echo $(($(cat cpuacct/cpuacct.usage) / 1000))
else awk '$1 == "usage_usec" {print $2}' cpu.stat; fi
"""


@contextmanager
def raised() -> Iterator[Pods]:
    """Start everything, and wait until it is ready."""
    objects = kustomize.objects(kustomize.render(kustomize.FOLDER / "overlays" / "local"))
    images = {f"docker.io/triptych/{name}": f"triptych-{name}" for name in ("gateway", *SERVICES)}
    with Pods("triptych-measured", objects, images) as pods:
        for name in ("postgres", "migrate", *SERVICES, "gateway"):
            pods.start(name)
        until(lambda: pods.has_succeeded("migrate"), "the migration is done")
        for name in PODS:
            until(lambda name=name: pods.passes(name, "readinessProbe"), f"{name} is ready")  # type: ignore[misc]
        yield pods


def inside(pods: Pods, name: str, script: str) -> list[int]:
    """Run a script in a pod's container; return the numbers that it printed."""
    return [int(word) for word in docker("exec", f"{pods.name}-{name}", "sh", "-c", script).split()]


def memory(pods: Pods, name: str) -> float:
    """Return the mebibytes that the kernel could not take back."""
    usage, inactive = inside(pods, name, MEMORY)
    return (usage - inactive) / 2**20


def loaded(pods: Pods, name: str, items: int, seconds: int) -> tuple[float, float, float]:
    """Load a pod for so long; return its memory, the share of a core that it took, and its answers a second."""
    address = pods.address(name)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "random.lua"
        script.write_text(SCRIPT.format(items=items), encoding="utf-8")
        target = f"http://{address}/api/items/1/"
        chosen = [] if name == "gateway" else ["-s", str(script)]
        before, began = inside(pods, name, CPU)[0], time.monotonic()
        command = ["wrk", "-t1", "-c32", f"-d{seconds}s", *chosen, target]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        taken = (inside(pods, name, CPU)[0] - before) / 1e6 / (time.monotonic() - began)
    rate = next(float(line.split()[1]) for line in said.splitlines() if line.startswith("Requests/sec"))
    return memory(pods, name), taken, rate


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.pods", description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=10)
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is not on PATH: install it (Debian, Ubuntu: apt-get install wrk)")
    with raised() as pods:
        idle = {name: memory(pods, name) for name in PODS}
        docker("exec", f"{pods.name}-admin-django", "python", "manage.py", "seed", "--count", str(arguments.items))
        print(f"{arguments.items} items, {arguments.seconds} s each, load of the machine {os.getloadavg()[0]:.1f}")
        print("| pod | idle, MiB | under load, MiB | cores it got | answers a second |\n|---|---|---|---|---|")
        for name in (*SERVICES, "gateway"):
            full, cores, rate = loaded(pods, name, arguments.items, arguments.seconds)
            print(f"| {name} | {idle[name]:.0f} | {full:.0f} | {cores:.2f} | {rate:.0f} |", flush=True)
        print(f"| postgres | {idle['postgres']:.0f} | {memory(pods, 'postgres'):.0f} | | |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
