"""The errors that passcurve raises beside Python's own.

What is wrong in a call is a ``ValueError`` or ``TypeError``; a file that is not there is a ``FileNotFoundError``.
"""


class Error(Exception):
    """The base of passcurve's own errors."""


class DataError(Error, ValueError):
    """What is in a log is bad. The message names the place (file, row group, row, column) and the way out."""


class MemoryLimitError(Error, MemoryError):
    """The counts need more than ``memory_limit``."""


class InternalError(Error):
    """A bug of passcurve. Please report it with the message."""
