"""Failures that one message explains."""


class CompareError(Exception):
    """Ends the script: the message says what was wrong and what would mend it."""


class Unavailable(Exception):
    """An engine cannot be had, or cannot do what was asked; the others go on and the report says why."""
