"""Assemble the application."""

from fastapi import FastAPI
from triptych_shared import VERSION

from api_fastapi.engine import lifespan
from api_fastapi.routes import categories, error_handlers, events, health, items
from api_fastapi.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """Return the application; it starts, not ready, also while the database is away."""
    app = FastAPI(
        title="Triptych: api-fastapi",
        version=VERSION,
        summary="Serves the high-throughput reads.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # the gateway serves the documentation of the whole system
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan(settings),
        # FastAPI's own OpenTelemetry hooks look for an SDK on every request
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.include_router(items.router)
    app.include_router(events.router)
    app.include_router(categories.router)
    app.include_router(health.router)
    error_handlers.install(app)
    return app
