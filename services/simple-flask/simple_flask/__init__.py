"""simple-flask: the reads that all three services answer, and the simple tasks: quotes and exports."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from triptych_shared.request_ids import WSGIRequestIds

from simple_flask import categories, database, drain_body, exports, health, items, problems, quotes, settings


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """Return the application, configured from the environment and then by `overrides`; opens no connection."""
    app = database.ReadingFlask(__name__, static_folder=None)
    app.config.from_mapping(settings.from_environment())
    app.config.from_mapping(overrides)
    app.url_map.merge_slashes = False

    database.init_app(app)
    problems.init_app(app)
    drain_body.init_app(app)
    categories.init_app(app)
    exports.init_app(app)

    app.register_blueprint(health.bp)
    app.register_blueprint(items.bp)
    app.register_blueprint(categories.bp)
    app.register_blueprint(quotes.bp)
    app.register_blueprint(exports.bp)

    app.wsgi_app = WSGIRequestIds(app.wsgi_app, "simple-flask")  # type: ignore[method-assign]
    return app
