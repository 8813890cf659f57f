"""What one asks each kind of server: the same things, in its own words. `{id}` stands for a number chosen later."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

FIELDS = "id:rowId name description price sku category version created_at:createdAt updated_at:updatedAt"


@dataclass(frozen=True)
class Change:
    """How the price of an item is changed; `{price}` stands for the new one."""

    method: str
    path: str
    body: str
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


class Rest:
    """The routes of the peers: the contract's, with a page named by the id before it."""

    change = Change("PATCH", "/api/items/{id}/", '{"price":"{price}"}')

    def item(self) -> str:
        """Return the target of one item."""
        return "/api/items/{id}/"

    def page(self, after: int) -> str:
        """Return the target of the fifty items after an id."""
        return f"/api/items/?after={after}"

    def search(self, words: str) -> str | None:
        """Return the target of the first fifty items with these words; None where that cannot be asked."""
        return f"/api/items/?q={quote(words)}"

    def read(self, body: bytes) -> Any:
        """Return what an answer says, in the contract's form."""
        return json.loads(body)


class Triptych(Rest):
    """The contract."""

    def page(self, after: int) -> str:
        """Return the target of a page: the cursor is that of the page before."""
        return f"/api/items/?cursor={cursor('id', {}, after, after)}"


class GraphQL(Rest):
    """PostGraphile's schema of the table, by GET, so that a cache in front can work."""

    change = Change(
        "POST",
        "/api/items/",
        '{"query":"mutation($id:BigInt!,$price:BigFloat!){updateItemByRowId(input:{rowId:$id,itemPatch:{price:$price}})'
        '{item{version}}}","variables":{"id":"{id}","price":"{price}"}}',
    )

    def __init__(self) -> None:
        """Know no cursors yet."""
        self._order = ""

    def learn(self, first_page: bytes) -> None:
        """Take from the answer to `first()` what its cursors begin with."""
        (edge,) = json.loads(first_page)["data"]["allItems"]["edges"]
        self._order = json.loads(base64.b64decode(edge["cursor"]))[0]

    def first(self) -> str:
        """Return the target of a page that shows what cursors look like."""
        return _query("{allItems(first:1,orderBy:PRIMARY_KEY_ASC){edges{cursor}}}")

    def item(self) -> str:
        """Return the target of one item."""
        return _query('{item:itemByRowId(rowId:"{id}"){' + FIELDS + "}}").replace("%7Bid%7D", "{id}")

    def page(self, after: int) -> str:
        """Return the target of the fifty items after an id."""
        at = base64.b64encode(json.dumps([self._order, str(after)], separators=(",", ":")).encode()).decode()
        return _query(f'{{items:allItems(first:50,after:"{at}",orderBy:PRIMARY_KEY_ASC){{nodes{{{FIELDS}}}}}}}')

    def search(self, words: str) -> str | None:
        """Return None: the schema has no such query until somebody writes a function for it."""
        return None

    def read(self, body: bytes) -> Any:
        """Return what an answer says; its numbers come as text, its times with an offset."""
        data = json.loads(body)["data"]
        return _plain(data["item"]) if "item" in data else [_plain(each) for each in data["items"]["nodes"]]


def _query(text: str) -> str:
    return f"/api/items/?query={quote(text, safe='')}"


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    times = {name: item[name].replace("+00:00", "Z") for name in ("created_at", "updated_at")}
    return {**item, "id": int(item["id"]), "version": int(item["version"]), **times}


def cursor(sort: str, filters: Mapping[str, str], value: object, last: int) -> str:
    """Return the contract's cursor after the item with this value of the sort and this id."""
    lines = "\n".join(f"{name}={text}" for name, text in sorted(filters.items()))
    digest = hashlib.sha256(lines.encode()).hexdigest()[:16]
    text = json.dumps([1, sort, digest, value, last], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
