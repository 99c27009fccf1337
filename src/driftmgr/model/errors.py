"""The one exception a user is meant to see."""


class DriftMgrWarning(UserWarning):
    """What a person should know though it stops nothing; the command line prints it once."""


class DriftMgrError(Exception):
    """What happened, to what, and what to do about it.

    The command line prints ``message`` and, on a line of its own, ``hint``; the traceback is shown
    only with ``--debug``. Every package raises this (or a subclass) for what a user can act on; any
    other exception that reaches the command line is a defect of ours.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
