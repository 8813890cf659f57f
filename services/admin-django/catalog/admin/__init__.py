"""The back office."""

from catalog.admin import categories, changes, items

__all__ = ["categories", "changes", "items"]
