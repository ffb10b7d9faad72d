"""Failures that one message explains."""


class ReportError(Exception):
    """Ends the script: the message says what was wrong and what would mend it."""


class CompileError(Exception):
    """A kernel that a compiler refuses; the report shows what it said, and the others go on."""
