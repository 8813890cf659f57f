"""Quotes: what lines of items cost, to the cent."""

from simple_flask.quotes.views import bp

__all__ = ["bp"]
