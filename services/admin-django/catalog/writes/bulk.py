"""The rows of a bulk request: each is judged for itself."""

from collections.abc import Mapping
from typing import Any

from rest_framework.serializers import ValidationError
from triptych_shared.strict_json import Object

from catalog.writes.errors import InvalidWrite
from catalog.writes.serializers import MOST_ROWS, ItemUpsertSerializer
from catalog.writes.upserting import Outcome, Row

_SAME_SKU = Outcome("rejected", errors={"sku": ["A row before this one has it."]})


def read_rows(body: Any) -> tuple[dict[int, Row], dict[int, Outcome]]:
    """Return, by index, the rows to be written, and the outcomes of those that are rejected as they stand.

    Raises InvalidWrite when the body is not an object of one list of rows.
    """
    serializer = ItemUpsertSerializer()
    rows: dict[int, Row] = {}
    rejected: dict[int, Outcome] = {}
    skus = set[str]()
    for index, sent in enumerate(_sent(body)):
        try:
            row = serializer.run_validation(sent)
        except ValidationError as error:
            rejected[index] = Outcome("rejected", errors=error.detail)  # type: ignore[arg-type]
            continue
        if row["sku"] in skus:
            rejected[index] = _SAME_SKU
        else:
            skus.add(row["sku"])
            rows[index] = row
    return rows, rejected


def report(outcomes: Mapping[int, Outcome]) -> dict[str, Any]:
    """Return the body of the answer: one result per row, in order."""
    return {
        "items": [
            {
                "index": index,
                "status": outcome.status,
                "id": outcome.id,
                "version": outcome.version,
                "errors": outcome.errors,
            }
            for index, outcome in sorted(outcomes.items())
        ]
    }


def _sent(body: Any) -> list[Any]:
    if not isinstance(body, Object):
        raise InvalidWrite({"body": ["Must be an object."]})
    errors = {name: ["There is no such field."] for name in list(body.keys() - {"items"})[:20]}
    rows = body.get("items")
    if "items" in body.repeated:
        errors["items"] = ["May be given only once."]
    elif not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
        errors["items"] = [f"Must be a list of 1 to {MOST_ROWS} rows."]
    if errors or not isinstance(rows, list):
        raise InvalidWrite(errors)
    return rows
