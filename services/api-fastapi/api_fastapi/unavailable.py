"""What it means that the database cannot answer."""

# Of a database that was not migrated yet: a table, view, column or function that is not there.
_UNDEFINED = {"42P01", "42703", "42883"}


class DatabaseUnavailableError(Exception):
    """The database cannot answer now; the same request may succeed later."""


def is_undefined(sqlstate: str | None) -> bool:
    """Tell whether an error says that the database is not migrated."""
    return sqlstate in _UNDEFINED
