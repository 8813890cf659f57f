"""The contract's document is valid OpenAPI 3.1, and its examples are what its schemas say."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator

from tests.contract.compatibility import resolve
from tests.contract.document import PATH, contract

DOCUMENT = contract()


def examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield name, schema and value of every example."""
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if "example" in schema:
            yield name, schema, schema["example"]
    for name, response in DOCUMENT["components"]["responses"].items():
        for content in response.get("content", {}).values():
            if "example" in content:
                yield name, content["schema"], content["example"]


def test_the_document_is_valid_openapi() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    schemathesis.openapi.from_path(PATH).validate()


def test_a_mistake_in_the_document_would_be_noticed() -> None:
    broken = contract()
    broken["paths"]["/api/items/"]["get"]["responses"]["200"].pop("description")
    with pytest.raises(Exception, match='"description" is a required property'):
        schemathesis.openapi.from_dict(broken).validate()


@pytest.mark.parametrize(("name", "schema", "example"), list(examples()), ids=lambda value: str(value)[:30])
def test_an_example_is_what_its_schema_says(name: str, schema: dict[str, Any], example: Any) -> None:
    whole = {"$schema": Draft202012Validator.META_SCHEMA["$id"], "components": DOCUMENT["components"], **schema}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(example)


def test_every_response_carries_the_request_id_and_who_served_it() -> None:
    for path, operations in DOCUMENT["paths"].items():
        for method in operations.keys() & {"get", "head", "post", "put", "patch", "delete"}:
            for status, response in operations[method]["responses"].items():
                headers = resolve(DOCUMENT, response)["headers"]
                assert {"X-Request-Id", "X-Served-By"} <= headers.keys(), (path, method, status)
