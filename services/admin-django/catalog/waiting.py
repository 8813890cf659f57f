"""What the database has given up: it is there, but others were in the way, or it took too long."""

LOCKED = "Another transaction is changing these items at the moment. Nothing was changed: try again when it is done."
TOO_LONG = "The database gave up: another transaction is in the way, or it is too much at once. Nothing was changed."

_DEADLOCK, _LOCK_TIMEOUT, _CANCELED = "40P01", "55P03", "57014"
_WHY = {_DEADLOCK: LOCKED, _LOCK_TIMEOUT: LOCKED, _CANCELED: TOO_LONG}


def sqlstate(error: BaseException) -> str:
    """Return the code that Postgres gave the error, which Django has as the cause of its own; none is an empty text."""
    return getattr(error.__cause__, "sqlstate", None) or ""


def given_up(error: BaseException) -> str:
    """Return in a few words why the database has given a statement up; an empty text when it has not."""
    return _WHY.get(sqlstate(error), "")


def timed_out(error: BaseException) -> bool:
    """Return whether the time was over, so that a second try at once would only take as long again."""
    return sqlstate(error) in (_LOCK_TIMEOUT, _CANCELED)
