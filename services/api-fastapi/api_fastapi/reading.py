"""Reads from the database for the fast lane: single items many at a time, lists as one document."""

import asyncio
import json
import re
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from typing import Any, Protocol

from psycopg.pq.abc import PGresult

from api_fastapi import cursors, statements
from api_fastapi.answers import Answer, item_answer, list_answer
from api_fastapi.cache import Start
from api_fastapi.links import Links
from api_fastapi.parameters import ItemQuery
from api_fastapi.responses import next_link
from api_fastapi.unavailable import DatabaseUnavailableError

# Single reads under way at once; what comes meanwhile is read together when one returns. Two keep one CPU of Postgres
# busy while the other's rows are handed out.
_BATCHES = 2
_LARGEST_BATCH = 200

_VERSIONS = re.compile(rb'\{"id":([0-9]+),|,"version":([0-9]+),"created_at":"')
_ITEM = b'{"id":'  # nothing within a string looks like it: JSON escapes the quotes there


class Ledger(Protocol):
    """What reads are offered to, and who knows what may be shown: the cache, where there is one database only."""

    def start(self) -> Start:
        """Return what a read must remember from before it is sent."""

    def show(self, snapshot: str, connected: float, shown: Iterable[tuple[int, int | None]]) -> Collection[int]:
        """Prepare for an answer with these items; return those that must not be shown so.

        It was read with `snapshot`, on one of the connections of which the newest was opened at `connected`.
        """

    def keep_item(self, start: Start, item_id: int, answer: Answer) -> bool:
        """Keep an item, or refuse to."""

    def keep_list(self, start: Start, target: bytes, snapshot: str, answer: Answer) -> bool:
        """Keep a list, or refuse to."""


class BehindError(DatabaseUnavailableError):
    """This database has not got yet what was shown already."""


class Flight:
    """A read that several requests wait for.

    Who asked before it was sent gets what it brings: it saw all that had been committed when they asked. Who asks while
    it is under way may only have it if it passes as an answer from the cache; else another flight is theirs.
    """

    def __init__(self) -> None:
        """Nobody waits yet."""
        self.early: list[asyncio.Future[Answer | None]] = []
        self.late: list[asyncio.Future[Answer | None]] = []
        # a newer read of the same was sent: what this one brings may be older, and is not kept
        self.overtaken = False

    def land(self, answer: Answer | None, passes: bool) -> None:
        """Hand out the answer."""
        for waiter in [*self.early, *self.late] if passes else self.early:
            if not waiter.done():
                waiter.set_result(answer)

    def crash(self, error: BaseException) -> None:
        """Tell everybody that there is none."""
        for waiter in [*self.early, *self.late]:
            if not waiter.done():
                waiter.set_exception(error)


class Reader:
    """Reads through which everything in the cache comes, and everything that goes past it."""

    def __init__(self, links: Links, searches: Links, ledger: Ledger) -> None:
        """Read over `links`, or `searches` where a plan depends on the values, and offer what comes to `ledger`."""
        self._links = links
        self._searches = searches
        self._ledger = ledger
        self._loop = asyncio.get_running_loop()
        self._wanted: dict[int, Flight] = {}
        self._under_way: dict[int, Flight] = {}
        self._lists: dict[bytes, Flight] = {}
        self._batches = 0
        self._scheduled = False
        self._tasks: set[asyncio.Task[None]] = set()

    def item(self, item_id: int, fresh: bool = False) -> asyncio.Future[Answer | None]:
        """Return one item, None where there is none; `fresh`: as the database has it from now on."""
        waiter: asyncio.Future[Answer | None] = self._loop.create_future()
        flight = None if fresh else self._under_way.get(item_id)
        if flight is not None:
            flight.late.append(waiter)
            return waiter
        flight = self._wanted.get(item_id)
        if flight is None:
            flight = self._wanted[item_id] = Flight()
            self._schedule()
        flight.early.append(waiter)
        return waiter

    def _schedule(self) -> None:
        # at the end of the event loop's round, when all requests that have arrived are known
        if not self._scheduled and self._batches < _BATCHES:
            self._scheduled = True
            self._loop.call_soon(self._depart)

    def _depart(self) -> None:
        self._scheduled = False
        if not self._wanted or self._batches >= _BATCHES:
            return
        if len(self._wanted) <= _LARGEST_BATCH:
            batch, self._wanted = self._wanted, {}
        else:
            batch = {item_id: self._wanted.pop(item_id) for item_id in list(self._wanted)[:_LARGEST_BATCH]}
        # now, not when its task begins: who asks in between would find it neither wanted nor under way, and read again
        for item_id in batch.keys() & self._under_way.keys():
            self._under_way[item_id].overtaken = True
        self._under_way.update(batch)
        self._batches += 1
        self._start(self._read_items(batch))
        self._schedule_if_wanted()

    def _schedule_if_wanted(self) -> None:
        if self._wanted:
            self._schedule()

    def _start(self, reading: Any) -> None:
        task = self._loop.create_task(reading)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read_items(self, batch: dict[int, Flight]) -> None:
        start = self._ledger.start()
        try:
            ids = b"{%b}" % b",".join([b"%d" % item_id for item_id in batch])
            result = await self._links.run(b"items", statements.ITEMS, [ids])
            self._land_items(batch, start, result)
        except BaseException as error:
            for flight in batch.values():
                flight.crash(error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._batches -= 1
            for item_id, flight in batch.items():
                if self._under_way.get(item_id) is flight:
                    del self._under_way[item_id]
                self._again(flight, self._wanted, item_id)
            self._schedule_if_wanted()

    def _land_items(self, batch: dict[int, Flight], start: Start, result: PGresult) -> None:
        value = result.get_value
        found: list[tuple[int, Answer | None]] = []
        for row in range(result.ntuples):
            version = value(row, 1)
            body = value(row, 2)
            found.append((int(value(row, 0) or 0), item_answer(version, body) if version and body else None))
        snapshot = (value(0, 3) or b"").decode()
        shown = [(item_id, answer.version if answer else None) for item_id, answer in found]
        behind = self._ledger.show(snapshot, self._links.connected, shown)
        for item_id, answer in found:
            flight = batch[item_id]
            if item_id in behind:
                flight.crash(BehindError("the database is behind"))
                continue
            passes = answer is not None and not flight.overtaken and self._ledger.keep_item(start, item_id, answer)
            flight.land(answer, passes)

    def _again(self, flight: Flight, wanted: dict[int, Flight], item_id: int) -> None:
        """Let those who came late, and may not have what it brought, wait for another read."""
        left = [waiter for waiter in flight.late if not waiter.done()]
        if left:
            wanted.setdefault(item_id, Flight()).early.extend(left)

    def page(self, target: bytes, query: ItemQuery, position: cursors.Position | None, fresh: bool = False) -> Any:
        """Return a list; `target` stands for the request in the cache."""
        waiter: asyncio.Future[Answer | None] = self._loop.create_future()
        flight = None if fresh else self._lists.get(target)
        if flight is not None:
            flight.late.append(waiter)
            return waiter
        flight = self._lists[target] = Flight()
        flight.early.append(waiter)
        self._start(self._read_page(target, flight, query, position))
        return waiter

    async def _read_page(
        self, target: bytes, flight: Flight, query: ItemQuery, position: cursors.Position | None
    ) -> None:
        start = self._ledger.start()
        try:
            filters = query.filters()
            links = self._links if statements.along_an_index(query.sort, frozenset(filters)) else self._searches
            result = await links.run(*page_statement(query, filters, position))
            rows, count, snapshot = (result.get_value(0, column) or b"" for column in range(3))
            if self._ledger.show(snapshot.decode(), links.connected, _versions(rows)):
                raise BehindError("the database is behind")
            answer = _page(rows, int(count), query, filters)
            flight.land(answer, self._ledger.keep_list(start, target, snapshot.decode(), answer))
        except BaseException as error:
            flight.crash(error)
            if not isinstance(error, Exception):
                raise
        finally:
            if self._lists.get(target) is flight:
                del self._lists[target]
            left = [waiter for waiter in flight.late if not waiter.done()]
            if left:
                again = self._lists[target] = Flight()
                again.early.extend(left)
                self._start(self._read_page(target, again, query, position))


def page_statement(
    query: ItemQuery, filters: dict[str, str], position: cursors.Position | None
) -> tuple[bytes, bytes, list[bytes | None]]:
    """Return a page's statement, the name it is prepared under, and its values."""
    names, position = _one_bound(query, frozenset(filters), position)
    # one row more than the page tells whether there is a next one
    values = [str(query.limit + 1), *(filters[name] for name in sorted(names))]
    if "q" in names:
        values[1 + sorted(names).index("q")] = filters["q"].strip()
    if position is not None:
        values += [str(position.id)] if query.sort.endswith("id") else [str(position.value), str(position.id)]
    name = f"{query.sort} {' '.join(sorted(names))}{'+' if position else ''}"
    return name.encode(), statements.page(query.sort, names, position is not None), [v.encode() for v in values]


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


def _page(rows: bytes, count: int, query: ItemQuery, filters: dict[str, str]) -> Answer:
    """Return the list made of up to `limit` rows, with the link to the next page where there was a row more."""
    if count <= query.limit:
        return list_answer(b"[%b]" % rows, None)
    rows = rows[: rows.rindex(_ITEM) - 1]
    last = json.loads(rows[rows.rindex(_ITEM) :])
    value = last[query.sort.removeprefix("-")]
    cursor = cursors.encode(query.sort, cursors.digest(filters), value, last["id"])
    return list_answer(b"[%b]" % rows, next_link(query.sent(), cursor))


def _versions(rows: bytes) -> Iterator[tuple[int, int]]:
    """Yield the id and version of each item in a list's JSON, which is quicker than parsing all of it.

    Nothing is looked for before somebody wants them: a cache that follows one database seldom does.
    """
    found = _VERSIONS.findall(rows)
    yield from zip(
        (int(item_id) for item_id, _ in found[::2]), (int(version) for _, version in found[1::2]), strict=True
    )
