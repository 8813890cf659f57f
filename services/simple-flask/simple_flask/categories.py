"""The categories, each with the count of its items."""

import time

from flask import Blueprint, Flask, Response, current_app, request
from sqlalchemy import collate, func

from simple_flask.conditional import cacheable, digest_tag
from simple_flask.database import Category, Item, db
from simple_flask.items.representation import encode
from simple_flask.parameters import Parameters

bp = Blueprint("categories", __name__)


class CategoryCounts:
    """How many items each category has, by slug, counted anew when the last count is too old.

    Counting reads the whole index, so that is not for every request; the categories themselves are always read.
    """

    def __init__(self, max_age_seconds: int) -> None:
        self.max_age_seconds = max_age_seconds
        self._counted: tuple[float, dict[str, int]] = (float("-inf"), {})

    def current(self) -> dict[str, int]:
        """Return the counts, at most `max_age_seconds` old."""
        counted_at, counts = self._counted
        if time.monotonic() - counted_at < self.max_age_seconds:
            return counts
        begun_at = time.monotonic()
        query = db.select(Item.category, func.count()).where(Item.category.is_not(None)).group_by(Item.category)
        counts = dict(db.session.execute(query).all())
        self._counted = (begun_at, counts)
        return counts


def init_app(app: Flask) -> None:
    """Give the application its counts."""
    app.extensions["category_counts"] = CategoryCounts(app.config["CATEGORY_COUNTS_MAX_AGE_SECONDS"])


@bp.get("/api/categories/")
def list_categories() -> Response:
    """Answer with every category in the order of the slugs."""
    Parameters(request.query_string, {}).check()
    counts = current_app.extensions["category_counts"].current()
    query = db.select(Category.slug, Category.name).order_by(collate(Category.slug, "C"))
    body = encode(
        [{"slug": slug, "name": name, "count": counts.get(slug, 0)} for slug, name in db.session.execute(query)]
    )
    return cacheable(body, digest_tag(body))
