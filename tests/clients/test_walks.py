"""A client in Python and one in TypeScript, both generated from what the gateway serves, walk through the API."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stack.layout import ROOT
from tests.clients import tools
from tests.e2e.test_readme import TOUR

WALK = [
    ["write", "Cup", "4.50", "", None],
    ["refused", 412, "urn:triptych:problem:precondition-failed"],
    ["written", "5.00", True],
    ["pages", ["Saucer 1", "Saucer 2"], ["Saucer 3", "Cup"]],
    ["bulk", ["created", []], ["rejected", ["price"]]],
    ["quote", "16.07", ["Cup"]],
    ["problem", 400, "urn:triptych:problem:invalid-body", ["name"]],
    ["problem", 400, "urn:triptych:problem:invalid-parameter", ["cursor"]],
    ["problem", 404, "urn:triptych:problem:not-found"],
    ["event", "changed", "Holds tea."],
]
# the bodies that the README's tour sends, each with its path and method
SENT = [
    (re.sub(r"/\d+/$", "/{id}/", path), "".join(re.findall(r"-X (\w+)", line)).lower() or "post", body)
    for line in TOUR.splitlines()
    for path, body in re.findall(r"localhost:8080(/\S+).* -d '(\{[^']*)'", line)
]
READING_BODIES = """import type { paths } from "./api.js";
type Sent<O> = O extends { requestBody: { content: { "application/json": infer Body } } } ? Body : never;
"""


@pytest.fixture
def stroll(url: str, category: str) -> list[str]:
    """What a walker is told."""
    user = os.environ.get("TRIPTYCH_ADMIN_USER", "admin")
    return [url, category, user, os.environ["TRIPTYCH_ADMIN_PASSWORD"]]


def steps(output: str) -> list[list[object]]:
    return [json.loads(line) for line in output.splitlines()]


def say(*command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, text=True, timeout=300, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_a_client_in_python(url: str, folder: Path, stroll: list[str]) -> None:
    programs = Path(sys.executable).parent
    generated = say(
        str(programs / "openapi-python-client"), "generate", "--url", f"{url}/api/openapi.json",
        "--meta", "none", "--output-path", "triptych_client",
        folder=folder, PATH=f"{programs}{os.pathsep}{os.environ['PATH']}",
    )  # fmt: skip
    assert generated.returncode == 0, generated.stdout
    assert re.findall("^WARNING .*$", generated.stdout, re.MULTILINE) == [
        # a type of content that it does not know
        "WARNING parsing GET /api/tasks/exports/items.ndjson within simple_flask."
    ], generated.stdout

    shutil.copy(tools.SOURCES / "walk.py", folder)
    checked = say(
        str(programs / "mypy"), "--strict", "--follow-imports=silent", "--cache-dir", str(ROOT / ".mypy_cache"),
        "walk.py", folder=folder,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    walked = say(sys.executable, "walk.py", *stroll, folder=folder)
    assert walked.returncode == 0, walked.stdout
    assert steps(walked.stdout) == WALK


def test_a_client_in_typescript(url: str, folder: Path, stroll: list[str]) -> None:
    generated = tools.run("openapi-typescript", f"{url}/api/openapi.json", "-o", str(folder / "api.d.ts"))
    assert generated.returncode == 0, generated.stdout

    for name in ("walk.ts", "tsconfig.json"):
        shutil.copy(tools.SOURCES / name, folder)
    assert len(SENT) == TOUR.count(" -d '{") >= 4
    bodies = [
        f'export const body{number}: Sent<paths["{path}"]["{method}"]> = {body};'
        for number, (path, method, body) in enumerate(SENT)
    ]
    (folder / "readme.ts").write_text("\n".join([READING_BODIES, *bodies]), encoding="utf-8")
    checked = tools.run("typescript", "--project", ".", folder=folder)
    assert checked.returncode == 0, checked.stdout
    walked = tools.run_script("--disable-warning=ExperimentalWarning", "walk.ts", *stroll, folder=folder)
    assert walked.returncode == 0, walked.stdout
    assert steps(walked.stdout) == WALK
