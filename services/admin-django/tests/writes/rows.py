"""Rows of the bulk route, and what became of them."""

from typing import Any

from django.test import Client

from tests.make import unique


def row(**fields: Any) -> dict[str, Any]:
    """Return a good row, but for the fields."""
    return {"sku": unique("S"), "name": "bulk", "price": "1.00", **fields}


def upsert(editor: Client, *rows: Any) -> list[dict[str, Any]]:
    """Return the results, whose indexes are right."""
    response = editor.post("/api/items/bulk/", {"items": rows}, "application/json")
    assert response.status_code == 200, response.content
    assert response.headers["Cache-Control"] == "no-store"
    results: list[dict[str, Any]] = response.json()["items"]
    assert [result["index"] for result in results] == list(range(len(rows)))
    assert all(result.keys() == {"index", "status", "id", "version", "errors"} for result in results)
    return results


def statuses(results: list[dict[str, Any]]) -> list[str]:
    """Return the statuses, in order."""
    return [result["status"] for result in results]
