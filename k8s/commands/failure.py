"""What goes wrong by no fault of the code."""


class Failure(Exception):
    """Told to the person who typed the command, without a traceback."""
