"""What goes wrong for a reason that the reader can do something about."""


class StackError(Exception):
    """Its message says what is wrong and what to do; it is shown without a traceback."""
