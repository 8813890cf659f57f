"""Render an overlay with kustomize: the one on PATH, kubectl's own, or Debian's package, unpacked into `.local`."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from k8s.commands.failure import Failure
from stack import packages

Object = dict[str, Any]

FOLDER = Path(__file__).resolve().parents[1]
OVERLAYS = ("local", "local-volume", "production")
OLDEST = 5  # older ones number the hashes of secrets otherwise, and know fewer references


def render(folder: Path) -> str:
    """Return the rendered objects of a kustomization as YAML. Raises Failure with kustomize's complaint."""
    done = subprocess.run([*program(), str(folder)], capture_output=True, text=True)
    if done.returncode:
        hint = ""
        if "production/secrets" in done.stderr:
            hint = "\nThe production overlay has no secrets of its own: make them with `make k8s-secrets`."
        raise Failure(f"{folder} cannot be rendered: {done.stderr.strip()}{hint}")
    return done.stdout


def objects(text: str) -> list[Object]:
    """Return the objects of a YAML text."""
    return [each for each in yaml.safe_load_all(text) if each]


@cache
def program() -> tuple[str, ...]:
    """Return the command that renders a folder. Raises Failure, saying how to get one, when there is none."""
    for command, version in (
        (("kustomize", "build"), ("kustomize", "version")),
        (("kubectl", "kustomize"), ("kubectl", "version", "--client")),
    ):
        if shutil.which(command[0]) and _is_new(version):
            return command
    try:
        return str(packages.unpack("kustomize", "usr/bin/kustomize")), "build"
    except packages.Unavailable as error:
        raise Failure(
            f"There is no kustomize {OLDEST} here, nor a kubectl that has it, and no package of it: {error}\n"
            "Install kubectl 1.27 or newer, or kustomize 5 (brew install kustomize; apt-get install kustomize)."
        ) from error


def _is_new(command: tuple[str, ...]) -> bool:
    said = subprocess.run(command, capture_output=True, text=True).stdout
    found = re.search(r"(?:Kustomize Version: |^)v(\d+)\.", said, re.MULTILINE)
    return bool(found) and int(found[1]) >= OLDEST if found else "(devel)" in said  # a distribution's own build
