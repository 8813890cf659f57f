"""Assemble the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from fastapi import FastAPI

from api_fastapi import categories, health, items, problems
from api_fastapi.database import Database
from api_fastapi.settings import Settings


class State(TypedDict):
    """What lives as long as the application; dependencies hand it to the routes."""

    database: Database
    category_counts: categories.CategoryCounts


def create_app(settings: Settings) -> FastAPI:
    """Return the application; it starts, not ready, also while the database is away."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[State]:
        database = Database(settings)
        counts = categories.CategoryCounts(database, settings.category_counts_max_age_seconds)
        yield {"database": database, "category_counts": counts}
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
    app.include_router(categories.router)
    app.include_router(health.router)
    problems.install(app)
    return app
