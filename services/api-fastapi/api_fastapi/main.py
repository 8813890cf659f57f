"""Assemble the application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple, TypedDict

from fastapi import FastAPI

from api_fastapi import categories, health, items, problems, statements
from api_fastapi.cache import Cache
from api_fastapi.database import Database
from api_fastapi.events import routes as events
from api_fastapi.events.broadcast import Broadcast
from api_fastapi.feed import Coherence, Feed, keep_in_order
from api_fastapi.link import Place
from api_fastapi.links import Links
from api_fastapi.nodes import Nodes
from api_fastapi.reading import Reader
from api_fastapi.settings import Settings


class State(TypedDict):
    """What lives as long as the application; dependencies hand it to the routes."""

    database: Database
    category_counts: categories.CategoryCounts
    cache: Cache
    reader: Reader | Nodes
    feed: Feed | Nodes
    broadcast: Broadcast


class Shares(NamedTuple):
    """Who may have how many connections to the database; the feed has one more."""

    walks: int
    searches: int
    routes: int


def shares(size: int) -> Shares:
    """Divide `size` connections, of which everybody needs one."""
    few = max(1, size // 4)
    return Shares(max(1, size - 2 * few), few, few)


def create_app(settings: Settings) -> FastAPI:
    """Return the application; it starts, not ready, also while the database is away."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[State]:
        share = shares(settings.database_pool_size)
        primary = Place(settings.database_url)
        database = Database(settings, share.routes, primary)
        counts = categories.CategoryCounts(database, settings.category_counts_max_age_seconds)
        cache = Cache(settings.cache_memory_mb * 2**20)
        links = Links(settings, share.walks, statements.WALKING, primary)
        searches = Links(settings, share.searches, statements.SEARCHING, primary)
        reader: Reader | Nodes
        feed: Feed | Nodes
        if settings.read_database_url:
            feed = reader = nodes = Nodes(settings, cache, links, searches, primary)
            broadcast = Broadcast(nodes, cache, nodes, settings.event_listeners_max)
            nodes.report_to(Coherence(cache, broadcast))
            database.follow(nodes)
            going_on = nodes.tasks()
        else:
            reader = Reader(links, searches, cache)
            broadcast = Broadcast(searches, cache, reader, settings.event_listeners_max)
            feed = Feed(settings, primary, Coherence(cache, broadcast))
            going_on = [feed.run(), keep_in_order(links)]
        following = [asyncio.create_task(task) for task in (*going_on, broadcast.run(), broadcast.catch_up())]
        yield {
            "database": database,
            "category_counts": counts,
            "cache": cache,
            "reader": reader,
            "feed": feed,
            "broadcast": broadcast,
        }
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        if isinstance(reader, Nodes):
            reader.close()
        links.close()
        searches.close()
        await database.close()

    app = FastAPI(
        title="Triptych: api-fastapi",
        version="0.1.0",
        summary="Serves the high-throughput reads.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # the gateway serves the documentation of the whole system
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        # FastAPI's own OpenTelemetry hooks look for an SDK on every request
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.include_router(items.router)
    app.include_router(events.router)
    app.include_router(categories.router)
    app.include_router(health.router)
    problems.install(app)
    return app
