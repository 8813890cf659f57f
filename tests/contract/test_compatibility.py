"""The comparison of OpenAPI documents finds drift, and only drift."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.compatibility import canonical, differences, operations
from tests.contract.document import contract

ITEMS, ITEM = "/api/items/", "/api/items/{id}/"
Document = dict[str, Any]


def drifted(change: Callable[[Document], object]) -> list[str]:
    document = copy.deepcopy(contract())
    change(document)
    return differences(contract(), document, operations(contract(), ITEMS))


def parameter(document: Document, name: str) -> Document:
    found: Document = document["components"]["parameters"][name]
    return found


def properties(document: Document) -> Document:
    found: Document = document["components"]["schemas"]["Item"]["properties"]
    return found


def written(document: Document) -> Document:
    found: Document = document["components"]["schemas"]["ItemWrite"]
    return found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["paths"].pop(ITEM), "is not generated"),
        (lambda d: d["paths"][ITEM].pop("get"), "is not generated"),
        (lambda d: d["paths"][ITEMS]["get"]["parameters"].pop(0), "limit"),
        (lambda d: parameter(d, "id")["schema"].pop("format"), "id"),
        (lambda d: parameter(d, "id")["schema"].update(maximum=100), "id"),
        (lambda d: parameter(d, "q").update(name="query"), "query"),
        (lambda d: parameter(d, "q").update(required=True), "'q'"),
        (lambda d: parameter(d, "q").update({"in": "header"}), "'q'"),
        (lambda d: parameter(d, "limit")["schema"].update(maximum=100), "limit"),
        (lambda d: parameter(d, "limit")["schema"].update(type="string"), "limit"),
        (lambda d: parameter(d, "limit")["schema"].pop("default"), "limit"),
        (lambda d: parameter(d, "min_price")["schema"].update(pattern="^[0-9]+$"), "min_price"),
        (lambda d: parameter(d, "sort")["schema"]["enum"].append("version"), "sort"),
        (
            lambda d: d["paths"][ITEMS]["get"]["parameters"].append({"name": "page", "in": "query", "schema": {}}),
            "page",
        ),
        (lambda d: d["paths"][ITEMS]["get"]["responses"].pop("304"), "statuses"),
        (lambda d: d["paths"][ITEMS]["get"]["responses"].update({"422": {}}), "422"),
        (lambda d: d["components"]["responses"]["NotFound"].update(content={"text/html": {}}), "media types"),
        (lambda d: properties(d).pop("sku"), "sku"),
        (lambda d: properties(d).update(stock={"type": "integer"}), "stock"),
        (lambda d: properties(d)["sku"].update(type="string"), "sku"),
        (lambda d: properties(d)["price"].update(type="number"), "price"),
        (lambda d: properties(d)["price"].update(pattern="^.*$"), "price"),
        (lambda d: properties(d)["id"].update(minimum=0), "id"),
        (lambda d: d["components"]["schemas"]["Item"]["required"].remove("category"), "required"),
        (lambda d: d["paths"][ITEMS].pop("post"), "is not generated"),
        (lambda d: d["paths"][ITEM]["delete"]["parameters"].pop(1), "if-match"),
        (lambda d: d["paths"][ITEM]["delete"]["responses"].pop("412"), "statuses"),
        (lambda d: d["paths"][ITEM]["patch"].pop("security"), "security"),
        (lambda d: d["paths"][ITEMS]["post"].pop("requestBody"), "body required"),
        (lambda d: d["paths"][ITEMS]["post"]["requestBody"].update(required=False), "body required"),
        (lambda d: d["paths"][ITEMS]["post"]["requestBody"].update(content={"text/csv": {}}), "body media types"),
        (lambda d: written(d)["required"].remove("name"), "body: required"),
        (lambda d: written(d)["properties"].pop("sku"), "body.sku"),
        (lambda d: written(d)["properties"].update(stock={"type": "integer"}), "body.stock"),
        (lambda d: written(d)["properties"].update(price={"type": "string"}), "body.price: pattern"),
        (lambda d: d["components"]["schemas"]["Bulk"]["properties"]["items"].pop("maxItems"), "body.items: maxItems"),
        (lambda d: d["components"]["schemas"]["Report"]["required"].clear(), "bulk"),
    ],
)
def test_a_drift_is_found(change: Callable[[Document], object], said: str) -> None:
    found = drifted(change)
    assert found
    assert any(said in line for line in found)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: None,
        lambda d: parameter(d, "q").update(description="Other words."),
        lambda d: parameter(d, "If-None-Match").update(name="if-none-match"),
        lambda d: parameter(d, "category")["schema"].update(minLength=1, title="Category"),
        lambda d: properties(d).update(sku={"anyOf": [{"type": "string", "maxLength": 64}, {"type": "null"}]}),
        lambda d: properties(d)["version"].update(maximum=float(2**63 - 1), minimum=1.0),
        lambda d: parameter(d, "id").update(schema={"type": "integer", "minimum": 1, "maximum": 2**63 - 1}),
        lambda d: written(d)["properties"]["description"].update(default=""),
        lambda d: d["paths"][ITEMS]["get"]["responses"].pop("504"),
        lambda d: properties(d)["name"].pop("maxLength"),
        lambda d: d["paths"][ITEMS]["get"]["responses"].update({"default": {}}),
        lambda d: d["components"]["schemas"]["Item"]["required"].reverse(),
    ],
)
def test_other_words_for_the_same_are_no_drift(change: Callable[[Document], object]) -> None:
    assert drifted(change) == []


def test_what_cannot_be_compared_is_said() -> None:
    with pytest.raises(AssertionError, match="beyond this comparison"):
        canonical({}, {"anyOf": [{"type": "string"}, {"type": "integer"}]})
