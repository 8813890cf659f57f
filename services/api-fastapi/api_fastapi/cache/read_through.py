"""Read-through: what the cache lacks is read from the database, single items many at a time, lists as one document."""

import asyncio
from collections.abc import Collection, Iterable
from typing import Any, Protocol

from psycopg.pq.abc import PGresult

from api_fastapi.cache.coherent_cache import ReadStart
from api_fastapi.cache.encoded_response import EncodedResponse, item_response
from api_fastapi.cache.item_pages import ItemPage, page_statement
from api_fastapi.database.errors import DatabaseUnavailableError
from api_fastapi.database.libpq_pool import ConnectionPool
from api_fastapi.database.plans import along_an_index
from api_fastapi.database.statements import ITEMS, statement
from api_fastapi.http import cursors
from api_fastapi.http.query_parameters import ItemQuery

# Single reads under way at once; what comes meanwhile is read together when one returns. Two keep one CPU of Postgres
# busy while the other's rows are handed out.
_BATCHES = 2
_LARGEST_BATCH = 200


class CacheAdmission(Protocol):
    """Whether what a read brought may be returned, and kept. With one database the cache itself decides."""

    def start(self) -> ReadStart:
        """Return what a read must remember from before it is sent."""

    def returning(self, snapshot: str, connected: float, items: Iterable[tuple[int, int | None]]) -> Collection[int]:
        """Prepare for returning items with these versions; return those that must not be returned so.

        It was read with `snapshot`, on one of the connections of which the newest was opened at `connected`.
        """

    def keep_item(self, start: ReadStart, item_id: int, response: EncodedResponse) -> bool:
        """Keep an item, or refuse to."""

    def keep_list(self, start: ReadStart, target: bytes, snapshot: str, response: EncodedResponse) -> bool:
        """Keep a list, or refuse to."""


class StaleReadError(DatabaseUnavailableError):
    """This database does not have yet what was returned already."""


class InFlightRead:
    """A read that several requests wait for.

    Who asked before it was sent gets what it brings: it saw all that had been committed when they asked. Who asks while
    it is under way may only have it if it passes as a response from the cache; else another read is theirs.
    """

    def __init__(self) -> None:
        """Nobody waits yet."""
        self.early: list[asyncio.Future[EncodedResponse | None]] = []
        self.late: list[asyncio.Future[EncodedResponse | None]] = []
        # a newer read of the same was sent: what this one brings may be older, and is not kept
        self.overtaken = False

    def resolve(self, response: EncodedResponse | None, passes: bool) -> None:
        """Hand out the response."""
        for waiter in [*self.early, *self.late] if passes else self.early:
            if not waiter.done():
                waiter.set_result(response)

    def reject(self, error: BaseException) -> None:
        """Tell everybody that there is none."""
        for waiter in [*self.early, *self.late]:
            if not waiter.done():
                waiter.set_exception(error)


class ReadThrough:
    """Reads through which everything in the cache comes, and everything that goes past it."""

    def __init__(
        self, generic_plan_pool: ConnectionPool, custom_plan_pool: ConnectionPool, admission: CacheAdmission
    ) -> None:
        """Read with generic plans where they are known to be right, else with custom ones."""
        self._generic_plan_pool = generic_plan_pool
        self._custom_plan_pool = custom_plan_pool
        self._admission = admission
        self._loop = asyncio.get_running_loop()
        self._wanted: dict[int, InFlightRead] = {}
        self._under_way: dict[int, InFlightRead] = {}
        self._lists: dict[bytes, InFlightRead] = {}
        self._batches = 0
        self._scheduled = False
        self._tasks: set[asyncio.Task[None]] = set()

    def item(self, item_id: int, fresh: bool = False) -> asyncio.Future[EncodedResponse | None]:
        """Return one item, None where there is none; `fresh`: as the database has it from now on."""
        waiter: asyncio.Future[EncodedResponse | None] = self._loop.create_future()
        read = None if fresh else self._under_way.get(item_id)
        if read is not None:
            read.late.append(waiter)
            return waiter
        read = self._wanted.get(item_id)
        if read is None:
            read = self._wanted[item_id] = InFlightRead()
            self._schedule()
        read.early.append(waiter)
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

    async def _read_items(self, batch: dict[int, InFlightRead]) -> None:
        start = self._admission.start()
        try:
            ids = f"{{{','.join(map(str, batch))}}}"
            result = await self._generic_plan_pool.run(*statement(ITEMS).bind(ids=ids))
            self._resolve_items(batch, start, result)
        except BaseException as error:
            for read in batch.values():
                read.reject(error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._batches -= 1
            for item_id, read in batch.items():
                if self._under_way.get(item_id) is read:
                    del self._under_way[item_id]
                self._again(read, self._wanted, item_id)
            self._schedule_if_wanted()

    def _resolve_items(self, batch: dict[int, InFlightRead], start: ReadStart, result: PGresult) -> None:
        value = result.get_value
        found: list[tuple[int, EncodedResponse | None]] = []
        for row in range(result.ntuples):
            version, category, body = value(row, 1), value(row, 2), value(row, 3)
            response = item_response(version, category, body) if version and body else None
            found.append((int(value(row, 0) or 0), response))
        snapshot = (value(0, 4) or b"").decode()
        returned = [(item_id, response.version if response else None) for item_id, response in found]
        behind = self._admission.returning(snapshot, self._generic_plan_pool.connected, returned)
        for item_id, response in found:
            read = batch[item_id]
            if item_id in behind:
                read.reject(StaleReadError("the database is behind"))
                continue
            passes = response is not None and not read.overtaken and self._admission.keep_item(start, item_id, response)
            read.resolve(response, passes)

    def _again(self, read: InFlightRead, wanted: dict[int, InFlightRead], item_id: int) -> None:
        """Let those who came late, and may not have what it brought, wait for another read."""
        left = [waiter for waiter in read.late if not waiter.done()]
        if left:
            wanted.setdefault(item_id, InFlightRead()).early.extend(left)

    def page(self, target: bytes, query: ItemQuery, position: cursors.Position | None, fresh: bool = False) -> Any:
        """Return a list; `target` stands for the request in the cache."""
        waiter: asyncio.Future[EncodedResponse | None] = self._loop.create_future()
        read = None if fresh else self._lists.get(target)
        if read is not None:
            read.late.append(waiter)
            return waiter
        read = self._lists[target] = InFlightRead()
        read.early.append(waiter)
        self._start(self._read_page(target, read, query, position))
        return waiter

    async def _read_page(
        self, target: bytes, read: InFlightRead, query: ItemQuery, position: cursors.Position | None
    ) -> None:
        start = self._admission.start()
        try:
            generic = along_an_index(query.sort, query.filters().keys())
            pool = self._generic_plan_pool if generic else self._custom_plan_pool
            page = ItemPage(query, await pool.run(*page_statement(query, position)))
            if self._admission.returning(page.snapshot, pool.connected, page.versions()):
                raise StaleReadError("the database is behind")
            response = page.response()
            read.resolve(response, self._admission.keep_list(start, target, page.snapshot, response))
        except BaseException as error:
            read.reject(error)
            if not isinstance(error, Exception):
                raise
        finally:
            if self._lists.get(target) is read:
                del self._lists[target]
            left = [waiter for waiter in read.late if not waiter.done()]
            if left:
                again = self._lists[target] = InFlightRead()
                again.early.extend(left)
                self._start(self._read_page(target, again, query, position))
