"""One page of items: its statement, and the response that is made of what it brings."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

from psycopg.pq.abc import PGresult

from api_fastapi.cache.encoded_response import EncodedResponse, list_response
from api_fastapi.database.statements import page_name, statement
from api_fastapi.http import cursors
from api_fastapi.http.query_parameters import ItemQuery


def page_statement(query: ItemQuery, position: cursors.Position | None) -> tuple[bytes, bytes, list[bytes | None]]:
    """Return a page's statement with its values; one row more than the page tells whether there is a next one."""
    filters = query.filters()
    values = {**filters, "limit": str(query.limit + 1)}
    if "q" in values:
        values["q"] = values["q"].strip()
    names, position = _one_bound(query, frozenset(filters), position)
    if position is not None:
        values |= {"value": str(position.value), "id": str(position.id)}
    return statement(page_name(query.sort, names, position is not None)).bind(**values)


def _one_bound(
    query: ItemQuery, names: frozenset[str], position: cursors.Position | None
) -> tuple[frozenset[str], cursors.Position | None]:
    """Leave out of two bounds at the same end of a page the weaker one.

    Postgres begins a walk along the index at one of them, not always the nearer, and then reads all that lies between.
    """
    name = {"price": "min_price", "-price": "max_price"}.get(query.sort)
    bound = query.max_price if name == "max_price" else query.min_price
    if name is None or bound is None or position is None or not isinstance(position.value, Decimal):
        return names, position
    inside = position.value >= Decimal(bound) if name == "min_price" else position.value <= Decimal(bound)
    return (names - {name}, position) if inside else (names, None)


class ItemPage:
    """What the statement of a page brought: `item_queries.page` says which columns."""

    def __init__(self, query: ItemQuery, result: PGresult) -> None:
        """Take up to `limit` items, and note whether there was one more."""
        texts, self._ids, self._versions, snapshot = (result.get_value(0, column) or b"" for column in range(4))
        self._query = query
        self._more = self._ids.count(b",") == query.limit
        self._texts = texts[: texts.rindex(b"\n")] if self._more else texts
        self.snapshot = snapshot.decode()

    def versions(self) -> Iterator[tuple[int, int]]:
        """Yield the id and version of each item, when somebody wants them: with one database that is seldom."""
        numbers = (map(int, array.strip(b"{}").split(b",")) for array in (self._ids, self._versions) if array)
        yield from islice(zip(*numbers, strict=True), self._query.limit)

    def response(self) -> EncodedResponse:
        """Return the list, with the link to the next page where there was an item more."""
        return list_response(b"[%b]" % self._texts.replace(b"\n", b","), self._link() if self._more else None)

    def _link(self) -> str:
        # a cursor has the value as the JSON has it
        last = json.loads(self._texts.rpartition(b"\n")[2])
        sort, digest = self._query.sort, cursors.digest(self._query.filters())
        cursor = cursors.encode(sort, digest, last[sort.removeprefix("-")], last["id"])
        return cursors.next_link(self._query.sent(), cursor)
