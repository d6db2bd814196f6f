"""The exceptions that a user is meant to see.

Raise `UserError` for bad usage or bad input. The command line prints its message as one line on
standard error and ends with status 2; nothing that was already written is lost.
"""


class UserError(Exception):
    """Bad usage or bad input: one clear line that names the file, row or option and the remedy."""


class HubUnreachable(UserError):
    """What a name stands for is on the hub, and neither the hub nor its cache can give it."""


def one_line(error: Exception) -> str:
    """The message of an exception in one line of at most 200 characters, or its type without one."""
    return " ".join((str(error) or type(error).__name__).split())[:200]
