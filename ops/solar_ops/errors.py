"""Errors that the `solar` command reports in one line, and the exit codes they lead to."""

from __future__ import annotations

FAILED = 1
"""Something is wrong that the user can mend, or a check found what it looks for."""

PARTLY_DONE = 3
"""Some of the work is done and kept, the rest failed."""

BUSY = 75
"""Another run is under way; the code that mail and cron know as 'try again later'."""


class OpsError(Exception):
    """Something that the user can mend; the text says what and how."""

    exit_code = FAILED


class BusyError(OpsError):
    """Another run holds the lock."""

    exit_code = BUSY


class PartlyDoneError(OpsError):
    """Some of the work is done and kept, the rest failed."""

    exit_code = PARTLY_DONE
