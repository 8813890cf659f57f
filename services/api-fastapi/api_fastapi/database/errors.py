"""What it means that the database cannot answer."""


class DatabaseUnavailableError(Exception):
    """The database cannot answer now; the same request may succeed later."""


class TooSlowError(DatabaseUnavailableError):
    """The database has worked on it for as long as it may: nobody else should be asked to make it do so once more."""
