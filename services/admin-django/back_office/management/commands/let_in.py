"""The name that `unlock_user` had in 0.1.0, for those who type it."""

from back_office.management.commands.unlock_user import Command

__all__ = ["Command"]
