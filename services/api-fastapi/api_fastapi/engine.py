"""The engine behind the routes: connections, cache, change feed, event fan-out, which live as long as the process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypedDict

from api_fastapi.cache.coherent_cache import CoherentCache
from api_fastapi.change_feed.poller import Poll
from api_fastapi.events.fanout import EventFanout
from api_fastapi.replicas.router import Router, router
from api_fastapi.routes.categories import CategoryCounts
from api_fastapi.settings import Settings


class State(TypedDict):
    """What lives as long as the application; dependencies hand it to the routes."""

    cache: CoherentCache
    router: Router
    fanout: EventFanout
    category_counts: CategoryCounts


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


def lifespan(settings: Settings) -> Callable[[object], AbstractAsyncContextManager[State]]:
    """Return what starts the engine before the first request, and stops it after the last."""

    @asynccontextmanager
    async def running(app: object) -> AsyncIterator[State]:
        cache = CoherentCache(settings.cache_memory_mb * 2**20)
        reads = router(settings, cache)
        fanout = EventFanout(reads, cache, settings.event_listeners_max)
        coroutines = [*reads.tasks(Coherence(cache, fanout)), fanout.run(), fanout.catch_up()]
        tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
        counts = CategoryCounts(reads, settings.category_counts_max_age_seconds)
        yield {"cache": cache, "router": reads, "fanout": fanout, "category_counts": counts}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        reads.close()

    return running
