"""The engine behind the routes: connections, cache, change feed, event fan-out, which live as long as the process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple, TypedDict

from api_fastapi.cache.coherent_cache import CoherentCache
from api_fastapi.cache.read_through import ReadThrough
from api_fastapi.change_feed.poller import FeedPoller, Poll, maintain
from api_fastapi.database import json_queries
from api_fastapi.database.libpq_connection import Endpoint
from api_fastapi.database.libpq_pool import ConnectionPool
from api_fastapi.database.sqlalchemy_pool import SQLAlchemyPool
from api_fastapi.events.fanout import EventFanout
from api_fastapi.replicas.router import ReplicaRouter
from api_fastapi.routes.categories import CategoryCounts
from api_fastapi.settings import Settings


class State(TypedDict):
    """What lives as long as the application; dependencies hand it to the routes."""

    database: SQLAlchemyPool
    category_counts: CategoryCounts
    cache: CoherentCache
    reader: ReadThrough | ReplicaRouter
    feed: FeedPoller | ReplicaRouter
    fanout: EventFanout


class ConnectionBudget(NamedTuple):
    """The connections to the database: one is the change feed's, the rest is divided."""

    generic_plan: int
    custom_plan: int
    routes: int

    @classmethod
    def of(cls, size: int) -> "ConnectionBudget":
        """Divide `size` connections, of which every pool needs one."""
        few = max(1, size // 4)
        return cls(max(1, size - 2 * few), few, few)


class Coherence:
    """Keeps the cache coherent with what is read, then lets the fan-out tell its subscribers."""

    def __init__(self, cache: CoherentCache, fanout: EventFanout) -> None:
        """Report to `cache` and `fanout`."""
        self._cache = cache
        self._fanout = fanout

    def polled(self, poll: Poll, lag: float = 0.0) -> None:
        """Pass a poll on; `lag` seconds before it began nothing was missing."""
        incarnation = poll.incarnation.encode()
        if poll.resync_required:
            self._cache.flush()
            self._cache.renew(poll.began - lag, poll.snapshot, ())
            self._fanout.report_loss(incarnation, poll.delivered_up_to)
        else:
            self._cache.renew(poll.began - lag, poll.snapshot, poll.changes)
            self._fanout.report(incarnation, poll.delivered_up_to, poll.changes)

    def moved(self) -> None:
        """Learn that the next poll is of another server."""
        self._cache.flush()
        self._fanout.report_move()

    def lost(self) -> None:
        """Leave it to the lease, which runs out."""


def lifespan(settings: Settings) -> Callable[[Any], AbstractAsyncContextManager[State]]:
    """Return what starts the engine before the first request, and stops it after the last."""

    @asynccontextmanager
    async def running(app: object) -> AsyncIterator[State]:
        budget = ConnectionBudget.of(settings.database_pool_size)
        primary = Endpoint(settings.database_url)
        database = SQLAlchemyPool(settings, budget.routes, primary)
        counts = CategoryCounts(database, settings.category_counts_max_age_seconds)
        cache = CoherentCache(settings.cache_memory_mb * 2**20)
        generic_plan_pool = ConnectionPool(settings, budget.generic_plan, json_queries.GENERIC_PLAN, primary)
        custom_plan_pool = ConnectionPool(settings, budget.custom_plan, json_queries.CUSTOM_PLAN, primary)
        reader: ReadThrough | ReplicaRouter
        feed: FeedPoller | ReplicaRouter
        if settings.read_database_url:
            feed = reader = router = ReplicaRouter(settings, cache, generic_plan_pool, custom_plan_pool, primary)
            fanout = EventFanout(router, cache, router, settings.event_listeners_max)
            router.report_to(Coherence(cache, fanout))
            database.follow(lambda: router.authority)
            background = router.tasks()
        else:
            reader = ReadThrough(generic_plan_pool, custom_plan_pool, cache)
            fanout = EventFanout(custom_plan_pool, cache, reader, settings.event_listeners_max)
            feed = FeedPoller(settings, primary, Coherence(cache, fanout))
            background = [feed.run(), maintain(generic_plan_pool)]
        tasks = [asyncio.create_task(task) for task in (*background, fanout.run(), fanout.catch_up())]
        yield {
            "database": database,
            "category_counts": counts,
            "cache": cache,
            "reader": reader,
            "feed": feed,
            "fanout": fanout,
        }
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if isinstance(reader, ReplicaRouter):
            reader.close()
        generic_plan_pool.close()
        custom_plan_pool.close()
        await database.close()

    return running
