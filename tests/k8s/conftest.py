"""Each overlay, rendered once."""

from pathlib import Path

import pytest

from k8s.commands import kustomize
from k8s.commands.kustomize import Object
from tests.k8s.manifests import copied, rendered


@pytest.fixture(scope="session")
def overlays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the manifests, whose production overlay has secrets."""
    return copied(tmp_path_factory.mktemp("manifests"))


@pytest.fixture(scope="session")
def all_objects(overlays: Path) -> dict[str, list[Object]]:
    """The objects of every overlay."""
    return {name: rendered(overlays / name) for name in kustomize.OVERLAYS}


@pytest.fixture(params=kustomize.OVERLAYS)
def objects(request: pytest.FixtureRequest, all_objects: dict[str, list[Object]]) -> list[Object]:
    """The objects of one overlay; the test runs once for each."""
    return all_objects[request.param]


@pytest.fixture
def local(all_objects: dict[str, list[Object]]) -> list[Object]:
    return all_objects["local"]


@pytest.fixture
def production(all_objects: dict[str, list[Object]]) -> list[Object]:
    return all_objects["production"]
