"""What Kubernetes itself would say."""

import pytest
from kubernetes_validate.utils import all_versions, major_minor

from k8s.commands import schemas
from k8s.commands.kustomize import Object
from tests.k8s.manifests import broken_copy, named


def test_every_object_is_strictly_valid(objects: list[Object]) -> None:
    assert list(schemas.violations(objects)) == []


def test_the_two_newest_minor_versions_are_asked() -> None:
    known = sorted({major_minor(version) for version in all_versions()}, key=lambda minor: int(minor.split(".")[1]))
    assert tuple(known[-2:]) == schemas.MINORS


@pytest.mark.parametrize(
    ("field", "value"),
    [("replica", 2), ("replicas", "two"), ("strategy", {"type": "RollingUpdate", "maxSurge": 1})],
)
def test_a_misspelt_field_a_wrong_type_and_a_wrong_place_are_noticed(
    local: list[Object], field: str, value: object
) -> None:
    objects = broken_copy(local)
    named(objects, "Deployment", "gateway")["spec"][field] = value
    assert len(list(schemas.violations(objects))) == len(schemas.MINORS)


def test_an_unknown_kind_is_noticed(local: list[Object]) -> None:
    objects = broken_copy(local)
    named(objects, "Deployment", "gateway")["apiVersion"] = "apps/v1beta1"
    assert any("there is no Deployment" in complaint for complaint in schemas.violations(objects))
