"""The error that a user can do something about."""


class StackError(Exception):
    """Its message says what is wrong and what to do; it is shown without a traceback."""
