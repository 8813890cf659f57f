"""Who writes."""

from tests.back_office.conftest import boss
from tests.writes.conftest import editor, user

__all__ = ["boss", "editor", "user"]
