"""The items: the list, and one item."""

from simple_flask.items.views import bp

__all__ = ["bp"]
