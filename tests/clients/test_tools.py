"""The tools are pinned, each by its hash, and to no registry's address."""

import json

from tests.clients.tools import SOURCES


def test_the_lock_has_hashes_and_names_no_host_of_a_registry() -> None:
    packages = json.loads((SOURCES / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert len(packages) > 100
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert name == "" or package["integrity"].startswith("sha512-"), name
