"""The contract's document is valid OpenAPI 3.1, its examples are what its schemas say, and it keeps some rules.

The rules are for generators of clients; what these make of the document is shown by tests/clients.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator

from tests.contract.compatibility import resolve
from tests.contract.document import PATH, contract

ROOT = PATH.parents[2]
DOCUMENT = contract()
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
GENERAL = {"429", "500", "502", "503", "504"}
LARGEST_EXACT = 2**53 - 1  # of JavaScript's numbers
# 501 and 505: HTTP that is not spoken here, whatever the route
OF_NO_ROUTE = {"not-supported"}


def examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield name, schema and value of every example."""
    for name, schema in SCHEMAS.items():
        if "example" in schema:
            yield name, schema, schema["example"]
    for name, parameter in DOCUMENT["components"]["parameters"].items():
        if "example" in parameter:
            yield name, parameter["schema"], parameter["example"]
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
    for name, operation in OPERATIONS.items():
        for status, response in operation["responses"].items():
            headers = resolve(DOCUMENT, response)["headers"]
            assert {"X-Request-Id", "X-Served-By"} <= headers.keys(), (name, status)


def test_every_operation_declares_what_any_route_may_answer() -> None:
    for name, operation in OPERATIONS.items():
        general = {"500"} if "/events/" in name else GENERAL  # a stream tells its client to come back, within a 200
        assert operation["responses"].keys() >= general, name


def test_a_path_holds_operations_and_nothing_else() -> None:
    """Generators take what else there may be for a method, or do not hand it down to the operations."""
    assert {name.partition(" ")[0] for name in OPERATIONS} <= {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}


def test_a_token_is_asked_for_where_it_is_said_and_nowhere_else() -> None:
    assert DOCUMENT["security"] == []
    asking = {name for name, operation in OPERATIONS.items() if operation.get("security")}
    assert asking == {name for name in OPERATIONS if name.split()[0] not in ("GET", "HEAD") and "/api/items/" in name}


def test_every_parameter_is_named_once_and_has_an_example() -> None:
    for name, operation in OPERATIONS.items():
        for parameter in operation.get("parameters", []):
            assert parameter.keys() == {"$ref"}, name
            assert "example" in resolve(DOCUMENT, parameter), (name, parameter)


def test_no_member_of_a_body_has_a_default() -> None:
    """Generators for TypeScript take it for one that has to be sent."""
    for operation in OPERATIONS.values():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for part in parts(content["schema"]):
                assert "default" not in part, part


def test_types_are_what_generators_can_keep() -> None:
    for part in parts(DOCUMENT):
        assert not {"const", "allOf", "anyOf"} & part.keys(), part
        for bound in ("minimum", "maximum"):
            assert not isinstance(part.get(bound), int) or abs(part[bound]) <= LARGEST_EXACT, part


def test_each_type_of_problem_is_one_schema_with_its_name() -> None:
    for name, response in DOCUMENT["components"]["responses"].items():
        for media_type, content in response.get("content", {}).items():
            assert media_type == "application/problem+json", name
            assert re.fullmatch(r"#/components/schemas/\w+Problem", content["schema"]["$ref"]), name
    kinds = {
        name: schema["properties"]["type"]["enum"] for name, schema in SCHEMAS.items() if re.search("Problem$", name)
        if "properties" in schema
    }  # fmt: skip
    for name, kind in kinds.items():
        assert kind == [f"urn:triptych:problem:{hyphenated(name.removesuffix('Problem'))}"]
    sources = [ROOT / "shared" / "triptych_shared" / "problems.py", ROOT / "gateway" / "nginx" / "problems.conf"]
    titles, gateway = (source.read_text(encoding="utf-8") for source in sources)
    known = set(re.findall('^    "([a-z-]+)": "', titles, re.MULTILINE))
    known |= set(re.findall("urn:triptych:problem:([a-z-]+)", gateway))
    assert {hyphenated(name.removesuffix("Problem")) for name in kinds} == known - OF_NO_ROUTE


def hyphenated(name: str) -> str:
    return re.sub("(?<!^)(?=[A-Z])", "-", name).lower()


def parts(value: Any, seen: frozenset[str] = frozenset()) -> Iterator[dict[str, Any]]:
    """Yield every object in the value, those that its references lead to included."""
    if isinstance(value, dict):
        reference = value.get("$ref")
        if reference is not None and reference not in seen:
            seen |= {reference}
            yield from parts(resolve(DOCUMENT, value), seen)
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from parts(part, seen)
