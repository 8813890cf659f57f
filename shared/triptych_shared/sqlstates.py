"""What some of Postgres' error codes mean to a service, whatever the statement was."""

NOT_MIGRATED = frozenset(
    {
        "42P01", "42703", "42883",  # a table, view, column or function that is not there
        "42501",  # it is there, and the rights to it are not yet
    }
)  # fmt: skip
"""The database is not, or not yet, as this code needs it."""

SAY_AGAIN = frozenset(
    {
        "0A000",  # cached plan must not change result type: a column has another type than when it was prepared
        "26000", "42P05",  # a prepared statement is not there, or is there already
        "42804",  # a row has another type than the plan that was made for it
        "XX000",  # cache lookup failed, could not open relation: what was looked up has been dropped or replaced since
        "40001", "40P01",  # it lost against somebody else, a migration or a standby's replay among them
    }
)  # fmt: skip
"""What a connection remembers of the schema is out of date: said again on one that remembers nothing, it works."""

ATTEMPTS = 4
"""How often a statement is said at most: between two attempts the schema may have changed once more."""
